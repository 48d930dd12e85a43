// Orders to plugs. What is shown is what the plug has said: while an order is on its way it is
// "switching", and when nobody knows what became of it, that is said.
import { effect, signal } from '@preact/signals';
import { ApiError } from './api';
import { mono } from './clock';
import { getCommand, sendCommand, type Order } from './plug-api';
import { pollSoon } from './poll';
import { leave } from './session';
import { blind, session, snapshot } from './store';
import type { Action, Command, Device } from './types';

/** No request waits for a plug: its word is looked for, soon at first, since most plugs take a tenth of a second. */
const LOOK_FIRST_MS = 50;
const LOOK_SLOWER = 1.5;
const LOOK_EVERY_MS = 500;
const PATIENCE_MS = 15_000;
/** The overview may be so much older than the answer to an order. */
const LAG_MS = 3000;

/** An order that failed: said until it is read. `code`: why, as the server or this page names it. */
export interface Failure {
  action: Action;
  code: string | null;
  text: string | null;
  error: ApiError | null;
}

const ordered = signal<Record<number, Action>>({});
const failures = signal<Record<number, Failure>>({});

effect(() => {
  if (!session.value) failures.value = {}; // of whoever was here before
});

function without<T>(all: Record<number, T>, id: number): Record<number, T> {
  const { [id]: _, ...rest } = all;
  return rest;
}

/** What it is being switched to: by this page, or by somebody else. */
export const switchingOf = (d: Device): Action | null => ordered.value[d.id] ?? (blind.value ? null : (d.command?.action ?? null));
export const failureOf = (id: number): Failure | null => failures.value[id] ?? null;

export function dismiss(id: number): void {
  failures.value = without(failures.value, id);
}

/** The plug has just said so: the overview will say the same in a moment. */
function takeOver({ device, on }: Command): void {
  const snap = snapshot.value;
  if (!snap || on === null) return;
  const devices = snap.live.devices.map((d) => (d.id === device ? { ...d, command: null, values: { ...d.values, on } } : d));
  snapshot.value = { ...snap, live: { ...snap.live, devices } };
}

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));
const isOpen = ({ state }: Command): boolean => state === 'pending' || state === 'claimed';

/** Asks until the command has ended; an answer that stays away is asked for again. */
async function untilEnded(command: Command): Promise<Command> {
  const until = mono() + PATIENCE_MS;
  let now = command;
  for (let wait = LOOK_FIRST_MS; isOpen(now) && mono() < until; wait = Math.min(LOOK_EVERY_MS, wait * LOOK_SLOWER)) {
    await pause(wait);
    try {
      now = await getCommand(command.id);
    } catch (e) {
      if (!(e instanceof ApiError) || e.status === 401) throw e;
    }
  }
  return now;
}

/** Whether it was done; when not, the reason stays in `failureOf` until it is dismissed. */
export async function order(what: Order): Promise<boolean> {
  const { device, action } = what;
  const fail = (failure: Omit<Failure, 'action'>) => {
    failures.value = { ...failures.value, [device]: { action, ...failure } };
    return false;
  };
  dismiss(device);
  ordered.value = { ...ordered.value, [device]: action };
  try {
    const ended = await untilEnded(await sendCommand(what));
    if (ended.state === 'done') {
      takeOver(ended);
      return true;
    }
    return fail({ code: isOpen(ended) ? 'unknown' : (ended.code ?? ended.state), text: ended.text, error: null });
  } catch (e) {
    if (!(e instanceof ApiError)) throw e;
    if (e.status === 401) leave();
    // without an answer nobody knows whether the order has arrived
    return fail({ code: e.status === 0 ? 'unknown' : null, text: null, error: e });
  } finally {
    ordered.value = without(ordered.value, device);
    pollSoon();
    setTimeout(pollSoon, LAG_MS);
  }
}
