// The page as an app: service worker, its updates, and the browser's offer to install.
import { computed, signal } from '@preact/signals';

interface InstallEvent extends Event {
  prompt(): Promise<void>;
}

const offer = signal<InstallEvent | null>(null);
export const canInstall = computed(() => offer.value !== null);
export const isInstalled = signal(matchMedia('(display-mode: standalone)').matches);
export const isIos =
  /iPhone|iPad|iPod/.test(navigator.userAgent) ||
  (navigator.maxTouchPoints > 1 && /Mac/.test(navigator.userAgent));

export async function install(): Promise<void> {
  await offer.value?.prompt();
  offer.value = null;
}

const waiting = signal<ServiceWorker | null>(null);
export const updateReady = computed(() => waiting.value !== null);

export function applyUpdate(): void {
  waiting.value?.postMessage('activate');
}

function watch(reg: ServiceWorkerRegistration): void {
  const look = () => {
    // Without a controller this is the first visit, not an update.
    if (reg.waiting && navigator.serviceWorker.controller) waiting.value = reg.waiting;
  };
  look();
  reg.addEventListener('updatefound', () => reg.installing?.addEventListener('statechange', look));
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) reg.update().catch(() => undefined); // offline: next time
  });
}

export function startInstall(): void {
  addEventListener('beforeinstallprompt', (e) => {
    e.preventDefault();
    offer.value = e as InstallEvent;
  });
  addEventListener('appinstalled', () => {
    offer.value = null;
    isInstalled.value = true;
  });
  const sw = navigator.serviceWorker;
  if (!sw) return;
  let controlled = sw.controller !== null;
  sw.addEventListener('controllerchange', () => {
    if (controlled) location.reload();
    controlled = true; // the first visit is taken over silently
  });
  sw.register('/sw.js', { updateViaCache: 'none' }).then(watch, () => undefined); // no worker: no offline shell
}
