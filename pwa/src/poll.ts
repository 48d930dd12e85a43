// Asks for /live every two seconds while somebody looks, slower while the server is away.
import { ApiError, getLive } from './api';
import { mono } from './clock';
import { keepOverview } from './keep';
import { connection, receive, snapshot } from './store';

const EVERY_MS = 2000;
const SLOWEST_MS = 15_000;
/** A server that is silent for so long is said to be away; what it answers later is taken all the same. */
const SILENT_MS = 3000;
const KEEP_EVERY_MS = 10_000;
/** Now and then the whole answer, so that what an ETag leaves out cannot drift. */
const WHOLE_EVERY = 15;

let running = false;
let onRefused: () => void = () => undefined;
let timer: ReturnType<typeof setTimeout> | undefined;
let inFlight: AbortController | null = null;
let etag: string | null = null;
let failures = 0;
let polls = 0;
let keptAt = -Infinity;

function keep(): void {
  const snap = snapshot.value;
  if (!running || !snap || snap.kept) return;
  keptAt = mono();
  void keepOverview({ live: snap.live, wall_ms: snap.wall_ms });
}

function delay(): number {
  if (failures === 0) return EVERY_MS;
  const ms = Math.min(EVERY_MS * 2 ** (failures - 1), SLOWEST_MS);
  return ms * (0.9 + Math.random() * 0.2);
}

function schedule(ms: number): void {
  clearTimeout(timer);
  if (running && !document.hidden) timer = setTimeout(() => void poll(), ms);
}

async function poll(): Promise<void> {
  if (inFlight) return;
  const mine = new AbortController();
  inFlight = mine;
  const startedAt = mono();
  const silent = setTimeout(() => (connection.value = navigator.onLine ? 'down' : 'offline'), SILENT_MS);
  try {
    const got = await getLive(polls++ % WHOLE_EVERY === 0 ? null : etag, mine.signal);
    if (mine.signal.aborted) return;
    failures = 0;
    connection.value = 'ok';
    if (got.live) {
      etag = got.etag;
      receive(got.live, got.lag_ms);
      if (mono() - keptAt > KEEP_EVERY_MS) keep();
    }
  } catch (e) {
    if (mine.signal.aborted) return;
    if (e instanceof ApiError && e.status === 401) return onRefused();
    failures++;
    if (!navigator.onLine) connection.value = 'offline';
    else if (failures > 1) connection.value = 'down';
  } finally {
    clearTimeout(silent);
    if (inFlight === mine) inFlight = null;
  }
  schedule(failures ? delay() : Math.max(0, EVERY_MS - (mono() - startedAt)));
}

function now(): void {
  if (!running || document.hidden) return;
  clearTimeout(timer);
  void poll();
}

function onVisibility(): void {
  if (!document.hidden) return now();
  clearTimeout(timer);
  inFlight?.abort();
  inFlight = null;
  keep();
}

function onOffline(): void {
  if (running) connection.value = 'offline';
}

/** Something was changed: look at once, and at the whole. */
export function pollSoon(): void {
  etag = null;
  now();
}

/** `refused` is called when the server no longer knows the session. */
export function startPolling(refused: () => void): void {
  stopPolling();
  onRefused = refused;
  running = true;
  failures = polls = 0;
  etag = null;
  keptAt = -Infinity;
  now();
}

export function stopPolling(): void {
  running = false;
  clearTimeout(timer);
  inFlight?.abort();
  inFlight = null;
}

export function watchPage(): void {
  document.addEventListener('visibilitychange', onVisibility);
  addEventListener('pagehide', keep);
  addEventListener('online', now);
  addEventListener('offline', onOffline);
}
