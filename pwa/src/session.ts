// Start of a visit, log in, log out.
import { ApiError, claim, getHealth, getSession, logIn, logOut } from './api';
import { forgetOverview, keptOverview } from './keep';
import { startPolling, stopPolling } from './poll';
import { claimed, connection, recall, session, snapshot, version } from './store';
import type { Session } from './types';

/** A server that is silent for so long is said to be away. */
const SILENT_MS = 4500;
const RETRY_MS = [2000, 4000, 8000, 15000];
let tries = 0;
let attempt = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

function enter(who: Session): void {
  claimed.value = true;
  connection.value = 'ok';
  session.value = who;
  startPolling(leave);
}

/** Nobody is logged in any more: nothing of the house stays in view or in storage. */
export function leave(): void {
  stopPolling();
  session.value = null;
  snapshot.value = null;
  void forgetOverview();
}

async function showKept(): Promise<void> {
  const kept = await keptOverview();
  if (!kept || snapshot.value || session.value === null) return;
  recall(kept.live, kept.wall_ms);
}

export async function start(): Promise<void> {
  clearTimeout(timer);
  const mine = ++attempt; // a newer attempt makes this one void
  const away = async () => {
    if (mine !== attempt) return;
    connection.value = navigator.onLine ? 'down' : 'offline';
    await showKept();
  };
  const silent = setTimeout(() => void away(), SILENT_MS);
  try {
    const [health, who] = await Promise.all([
      getHealth(),
      getSession().catch((e: unknown) => {
        if (e instanceof ApiError && (e.status === 401 || e.status === 403)) return null;
        throw e;
      }),
    ]);
    if (mine !== attempt) return;
    tries = 0;
    version.value = health.version;
    claimed.value = health.claimed;
    connection.value = 'ok';
    if (who) enter(who);
    else leave();
  } catch {
    if (mine !== attempt) return;
    await away();
    timer = setTimeout(start, RETRY_MS[Math.min(tries++, RETRY_MS.length - 1)]);
  } finally {
    clearTimeout(silent);
  }
}

export async function doLogIn(user: string, password: string): Promise<void> {
  enter(await logIn(user, password));
}

export async function doClaim(code: string, user: string, password: string): Promise<void> {
  try {
    enter(await claim(code, user, password));
  } catch (e) {
    if (e instanceof ApiError && e.code === 'claimed') void start();
    throw e;
  }
}

export async function doLogOut(): Promise<void> {
  try {
    await logOut();
  } catch (e) {
    if (!(e instanceof ApiError && e.status === 401)) throw e;
  }
  leave();
}

addEventListener('online', () => {
  if (!session.value && connection.value !== 'ok') void start();
});
