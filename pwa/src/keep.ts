// The last overview, kept for times without a connection. Cleared when the session ends.
import type { Live } from './types';

const CACHE = 'svitlo-kept';
const URL = '/kept/overview';

export interface Kept {
  live: Live;
  wall_ms: number;
}

// One change after the other, so that a late write never undoes a clearing.
let queue: Promise<unknown> = Promise.resolve();

function inTurn(job: () => Promise<unknown>): Promise<void> {
  queue = queue.then(job).catch(() => undefined); // storage may be full or forbidden: do without
  return queue.then(() => undefined);
}

export function keepOverview(kept: Kept): Promise<void> {
  return inTurn(async () => {
    const cache = await caches.open(CACHE);
    await cache.put(URL, new Response(JSON.stringify(kept)));
  });
}

export function forgetOverview(): Promise<void> {
  return inTurn(() => caches.delete(CACHE));
}

export async function keptOverview(): Promise<Kept | null> {
  try {
    const res = await (await caches.open(CACHE)).match(URL);
    return res ? ((await res.json()) as Kept) : null;
  } catch {
    return null;
  }
}
