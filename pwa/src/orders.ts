// Orders to plugs. What is shown is what the plug has said: while an order is on its way it is
// "switching", and when nobody knows what became of it, that is said.
import { effect, signal } from '@preact/signals';
import { ApiError } from './api';
import { mono } from './clock';
import { getCommand, sendCommand, type Order } from './plug-api';
import { pollSoon } from './poll';
import { leave } from './session';
import { blind, knownSooner, serverNow, session, snapshot } from './store';
import type { Action, Command, Device, Live } from './types';

/** No request waits for a plug: its word is looked for, soon at first, since most plugs take a tenth of a second. */
const LOOK_FIRST_MS = 50;
const LOOK_SLOWER = 1.5;
const LOOK_EVERY_MS = 500;
/** Until then nobody has seen what the tap did: another one is the second half of a double tap. */
const DOUBLE_TAP_MS = 300;
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
const taps = new Map<number, number>();
const answers = new Map<number, Answer>();

effect(() => {
  if (session.value) return; // else nothing stays of whoever was here before
  failures.value = {};
  answers.clear();
});

function without<T>(all: Record<number, T>, id: number): Record<number, T> {
  const { [id]: _, ...rest } = all;
  return rest;
}

/** What it is being switched to: by this page, or by somebody else. */
export const switchingOf = (d: Device): Action | null => ordered.value[d.id] ?? (blind.value ? null : (d.command?.action ?? null));
/** A tap is not taken: an order is under way, or has just been given. */
export const isTapped = (d: Device): boolean => switchingOf(d) !== null || mono() - (taps.get(d.id) ?? -Infinity) < DOUBLE_TAP_MS;
export const failureOf = (id: number): Failure | null => failures.value[id] ?? null;

export function dismiss(id: number): void {
  failures.value = without(failures.value, id);
}

/** What became of the newest order to a plug; `on` null: the plug has not said. */
interface Answer {
  id: number;
  on: boolean | null;
  ended_ms: number;
  /** mono() at which it came. */
  at: number;
}

/** By then the plug has been asked again; the server's clock may have been set back meanwhile. */
const ANSWER_HOLDS_MS = 15_000;

/** An overview that is older than a plug's answer to an order does not take the answer back. */
function withAnswer(device: Device, now_ms: number): Device {
  const answer = answers.get(device.id);
  if (!answer) return device;
  const newer = device.age_ms !== null && now_ms - device.age_ms > answer.ended_ms;
  if (newer || mono() - answer.at > ANSWER_HOLDS_MS) {
    answers.delete(device.id);
    return device;
  }
  const command = device.command && device.command.id > answer.id ? device.command : null;
  return { ...device, command, values: answer.on === null ? device.values : { ...device.values, on: answer.on } };
}

const withAnswers = (live: Live): Live => ({ ...live, devices: live.devices.map((d) => withAnswer(d, live.now_ms)) });

knownSooner.in = withAnswers;

/** The order has ended: this holds until a reading of the plug is newer, by the server's clock. */
function hold({ device, id, on, ended_ms }: Command): void {
  const snap = snapshot.value;
  answers.set(device, { id, on, ended_ms: ended_ms ?? serverNow(), at: mono() });
  if (snap) snapshot.value = { ...snap, live: withAnswers(snap.live) };
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
  taps.set(device, mono());
  ordered.value = { ...ordered.value, [device]: action };
  try {
    const ended = await untilEnded(await sendCommand(what));
    if (!isOpen(ended)) hold(ended);
    if (ended.state === 'done') return true;
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
