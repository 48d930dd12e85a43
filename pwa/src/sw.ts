// Service worker: the shell of the app opens without a network. Readings are never cached here;
// the page keeps the last overview itself, with its age (keep.ts).
declare const self: ServiceWorkerGlobalScope;
export {};

/** Written by build.mjs: a hash over all files, and the files that make the shell. */
declare const VERSION: string;
declare const SHELL: string[];

const CACHE = `svitlo-shell-${VERSION}`;
const SHELL_PREFIX = 'svitlo-shell-';
const INDEX = '/index.html';

async function precache(): Promise<void> {
  const cache = await caches.open(CACHE);
  // Past the browser's own cache: index.html and the hashed files must belong together.
  await cache.addAll(SHELL.map((url) => new Request(url, { cache: 'reload' })));
}

async function dropOldShells(): Promise<void> {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(SHELL_PREFIX) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
}

async function fromShell(key: string, request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  return (await cache.match(key)) ?? fetch(request);
}

self.addEventListener('install', (event) => {
  event.waitUntil(precache());
});

self.addEventListener('activate', (event) => {
  event.waitUntil(dropOldShells().then(() => self.clients.claim()));
});

// A new version waits until the page asks for it, so that nothing changes under somebody's hands.
self.addEventListener('message', (event) => {
  if (event.data === 'activate') void self.skipWaiting();
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (url.pathname.startsWith('/api/')) return; // network only
  if (request.mode === 'navigate') event.respondWith(fromShell(INDEX, request));
  else if (SHELL.includes(url.pathname)) event.respondWith(fromShell(url.pathname, request));
});
