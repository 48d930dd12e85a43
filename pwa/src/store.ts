// What the page knows: who is logged in, the newest picture of the system, how the connection is.
import { computed, signal } from '@preact/signals';
import { mono, tick } from './clock';
import type { Values } from './gen/metrics';
import type { Aged, Device, LeftOut, Live, Quality, Session } from './types';

/** Where an overview of an earlier version does not say for how long a reading is fresh. */
const FRESH_MS = 10_000;

export interface Snapshot {
  live: Live;
  /** mono() at which the server wrote it. */
  at: number;
  /** The same by the wall clock, only to be shown. */
  wall_ms: number;
  /** Read back from storage, not received in this visit. */
  kept: boolean;
}

export const snapshot = signal<Snapshot | null>(null);

/** undefined: not known yet, null: nobody is logged in. */
export const session = signal<Session | null | undefined>(undefined);
export const claimed = signal<boolean | undefined>(undefined);
export const version = signal<string | null>(null);

const ranks = ['viewer', 'operator', 'admin'];

/** Whether the visitor may do what needs this level; nobody may anything in a kept picture. */
export function may(level: 'operator' | 'admin'): boolean {
  return ranks.indexOf(session.value?.level ?? '') >= ranks.indexOf(level);
}

export type Connection = 'starting' | 'ok' | 'offline' | 'down';
export const connection = signal<Connection>('starting');

export type Gate = 'starting' | 'claim' | 'login' | 'away' | 'app';

/** Which door the visitor stands at. */
export const gate = computed<Gate>(() => {
  if (claimed.value === false) return 'claim';
  if (session.value === null) return 'login';
  if (session.value || snapshot.value) return 'app';
  return connection.value === 'offline' || connection.value === 'down' ? 'away' : 'starting';
});

/** What is shown is an old picture: nobody answers, or it was kept from an earlier visit. */
export const away = computed(
  () =>
    connection.value === 'offline' || connection.value === 'down' || snapshot.value?.kept === true,
);

/** Nobody tells how things are now: the page has no server, or the server no collector. */
export const blind = computed(() => away.value || snapshot.value?.live.collector?.state !== 'running');

/** How old a value is now, given its age when the snapshot arrived. */
export function ageNow(age_ms: number | null | undefined): number | null {
  const snap = snapshot.value;
  if (!snap || age_ms == null) return null;
  return age_ms + Math.max(0, tick.value - snap.at);
}

/** Time since the snapshot arrived. */
export function snapshotAge(): number {
  return snapshot.value ? Math.max(0, tick.value - snapshot.value.at) : 0;
}

/** What the server's clock says now; times in its answers are by that clock. */
export function serverNow(): number {
  const snap = snapshot.value;
  return snap ? snap.live.now_ms + snapshotAge() : Date.now();
}

/** Seconds until then by the server's clock, null when there is no end or it is over. */
export function secondsUntil(until_ms: number | null | undefined): number | null {
  if (until_ms == null) return null;
  const left = Math.round((until_ms - serverNow()) / 1000);
  return left > 0 ? left : null;
}

/** The quality as it is now: what was fresh on arrival goes stale here too, at once when nobody answers. */
export function qualityNow({ quality, age_ms, fresh_ms }: Aged): Quality {
  if (quality === 'none' || quality === 'stale') return quality;
  if (away.value) return 'stale';
  const age = ageNow(age_ms);
  return age !== null && age > fresh_ms ? 'stale' : quality;
}

/** The house names who is left out by number alone: for an inverter there is but one reason. */
function wholeSums<T extends Aged & { values: Values; left_out: (LeftOut | number)[] }>(sums: T | null | undefined) {
  if (!sums) return null;
  const left_out = (sums.left_out ?? []).map((l) => (typeof l === 'number' ? { device: l, why: 'stale' } : l));
  return { ...sums, fresh_ms: sums.fresh_ms ?? FRESH_MS, values: sums.values ?? {}, left_out };
}

/** Fills in what an answer may leave out, so that the views need not ask. */
function whole(live: Live): Live {
  const devices = (live.devices ?? []).map((d) => ({ ...d, fresh_ms: d.fresh_ms ?? FRESH_MS, suspect: d.suspect ?? [] }));
  return { ...live, devices, bank: wholeSums(live.bank), house: wholeSums(live.house) };
}

/** Puts into an overview what a device has said since; set where orders are given. */
export const knownSooner = { in: (live: Live): Live => live };

/** Takes over what an earlier visit has kept. */
export function recall(live: Live, wall_ms: number): void {
  const at = mono() - Math.max(0, Date.now() - wall_ms);
  snapshot.value = { live: whole(live), at, wall_ms, kept: true };
}

/** `lag_ms`: how old the answer was when it arrived. */
export function receive(live: Live, lag_ms: number): Snapshot {
  const now = mono();
  const snap = { live: knownSooner.in(whole(live)), at: now - lag_ms, wall_ms: Date.now() - lag_ms, kept: false };
  tick.value = now;
  snapshot.value = snap;
  return snap;
}

/** Takes over the state that the answer to an order brought, sooner than the next look. */
export function renew(device: Pick<Device, 'id' | 'name' | 'state' | 'until_ms' | 'reason' | 'detail'>): void {
  const snap = snapshot.value;
  if (!snap) return;
  const { id, name, state, until_ms, reason, detail } = device;
  const devices = snap.live.devices.map((d) => (d.id === id ? { ...d, name, state, until_ms, reason, detail } : d));
  snapshot.value = { ...snap, live: { ...snap.live, devices } };
}

export function deviceById(id: number): Device | undefined {
  return snapshot.value?.live.devices.find((d) => d.id === id);
}
