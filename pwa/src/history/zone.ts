// Days of the house: by its time zone, both nights of the clock change included. A day is its ISO date.
import { computed, signal } from '@preact/signals';
import { snapshot } from '../store';

export type Day = string;

/** As an answer has said it; until then as the overview did. */
export const saidZone = signal<string | null>(null);
export const housesZone = computed<string | null>(() => saidZone.value ?? snapshot.value?.live.house?.zone ?? null);

const known = (zone: string): boolean => {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: zone }));
  } catch {
    return false; // a browser with older tables
  }
};

/** The zone of the house's days, or this device's until somebody has said. */
export const zone = computed<string>(() => {
  const said = housesZone.value;
  return said && known(said) ? said : Intl.DateTimeFormat().resolvedOptions().timeZone;
});

const clocks = new Map<string, Intl.DateTimeFormat>();

/** What the clocks there show, as if it were UTC. */
export function wall(ms: number, z: string): number {
  let clock = clocks.get(z);
  if (!clock) {
    const two = '2-digit';
    clock = new Intl.DateTimeFormat('en-US', { timeZone: z, hourCycle: 'h23', year: 'numeric', month: two, day: two, hour: two, minute: two, second: two });
    clocks.set(z, clock);
  }
  const at: Record<string, number> = {};
  for (const { type, value } of clock.formatToParts(ms)) at[type] = Number(value);
  const of = (type: string) => at[type] ?? 0;
  return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
}

const utc = (day: Day): number => Date.parse(`${day}T00:00:00Z`);
const iso = (ms: number): Day => new Date(ms).toISOString().slice(0, 10);

export const dayOf = (ms: number, z: string): Day => iso(wall(ms, z));
export const plusDays = (day: Day, n: number): Day => iso(utc(day) + n * 86_400_000);
/** 0 is Monday. */
export const weekday = (day: Day): number => (new Date(utc(day)).getUTCDay() + 6) % 7;

/** Months are added to the first of the month. */
export function plusMonths(day: Day, n: number): Day {
  const d = new Date(utc(day));
  return iso(Date.UTC(d.getUTCFullYear(), d.getUTCMonth() + n, 1));
}

export const isDay = (s: string | null): s is Day => s !== null && /^20\d\d-\d\d-\d\d$/.test(s) && !Number.isNaN(utc(s)) && iso(utc(s)) === s;

/** When the day begins there. */
export function dayStart(day: Day, z: string): number {
  const want = utc(day);
  const offset = (ms: number) => wall(ms, z) - ms;
  const near = want - offset(want);
  const ms = want - offset(near);
  if (wall(ms, z) === want) return wall(ms - 3_600_000, z) === want ? ms - 3_600_000 : ms; // a midnight that comes twice
  return Math.max(near, ms); // one that never comes: the clocks go on then
}
