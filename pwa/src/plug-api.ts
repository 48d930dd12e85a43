// Requests about plugs: orders to them, their timers and journal, the account that they belong to.
import { json, send } from './api';
import type { Account, Action, Command, Job, Switched, Timer } from './types';

export interface Order {
  device: number;
  action: Action;
  /** An "on" that ends by itself. */
  for_s?: number;
  /** For a plug that is never to be switched off: it is meant. */
  confirm?: true;
}

export const sendCommand = (body: Order) => json<Command>('POST', '/commands', { body });
export const getCommand = (id: number) => json<Command>('GET', `/commands/${id}`);

/** Soonest first. */
export const getTimers = (device: number) => json<{ timers: Timer[] }>('GET', `/timers?device=${device}`);
export const addTimer = (body: { device: number; action: Action } & ({ at_ms: number } | { in_s: number })) =>
  json<Timer>('POST', '/timers', { body });
export const cancelTimer = (id: number) => send('DELETE', `/timers/${id}`);

/** Newest first; `device` null: of all plugs. */
export const getJournal = (device: number | null, before_id: number | null, limit: number) =>
  json<{ journal: Switched[] }>(
    'GET',
    `/journal?limit=${limit}${device === null ? '' : `&device=${device}`}${before_id === null ? '' : `&before_id=${before_id}`}`,
  );

export const getAccounts = () => json<{ accounts: Account[] }>('GET', '/accounts');
export const setAccount = (body: { user: string; password: string; address?: string; transport?: 'aes'; untested?: true }) =>
  json<Job<'account'>>('PUT', '/accounts/tapo', { body });
export const forgetAccount = () => send('DELETE', '/accounts/tapo');
