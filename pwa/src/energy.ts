// What the numbers mean to a person.
import type { Device, Quality } from './types';
import type { Values } from './gen/metrics';

export type Flow = 'charging' | 'discharging' | 'resting' | 'unknown';

/** Currents below this are the noise of the sensor. */
const REST_A = 0.15;

export function flowOf(values: Values | null, packs = 1): Flow {
  const a = values?.current;
  if (a == null) return 'unknown';
  if (Math.abs(a) < REST_A * packs) return 'resting';
  return a > 0 ? 'charging' : 'discharging';
}

/** Which way power goes, seen from the inverter. */
export type Direction = 'in' | 'out' | 'still' | 'unknown';

/** Watts below this are the noise of a clamp. */
export const STILL_W = 15;

/** `w` > 0: into the inverter. */
export function directionOf(w: number | null | undefined): Direction {
  if (w == null) return 'unknown';
  if (Math.abs(w) < STILL_W) return 'still';
  return w > 0 ? 'in' : 'out';
}

/** Less is 0.0 kWh: nothing worth a word. */
export const LEAST_WH = 50;

export const minus = (v: number | null | undefined): number | null => (v == null ? null : -v);
export const kilo = (v: number | null | undefined): number | null => (v == null ? null : v / 1000);

export type Level = 'fine' | 'low' | 'veryLow' | 'unknown';

export function levelOf(soc: number | null | undefined): Level {
  if (soc == null) return 'unknown';
  if (soc <= 10) return 'veryLow';
  return soc <= 20 ? 'low' : 'fine';
}

/** The BMS reports these as alarms, but nothing is wrong with the battery. */
const notices = new Set(['default_password', 'gps_disconnected']);

/** Of a BMS, faults of an inverter, of a plug. */
export function alarmsOf(values: Values | null): string[] {
  return [...(values?.errors ?? []).filter((e) => !notices.has(e)), ...(values?.faults ?? []), ...plugAlarms(values)];
}

/** A plug that is too hot, or through which too much flows. */
function plugAlarms(v: Values | null): string[] {
  return [(v?.overheat ?? 0) > 1 && 'plug_overheat', v?.overload && 'plug_overload', v?.overcurrent && 'plug_overcurrent'].filter((x): x is string => typeof x === 'string');
}

export function noticesOf(values: Values | null): string[] {
  return [...(values?.errors ?? []).filter((e) => notices.has(e)), ...(values?.warnings ?? []), ...(values?.overheat === 1 ? ['plug_warm'] : [])];
}

/** The battery sensors that are fitted, with their number. */
export function temperaturesOf(values: Values | null): { n: number; c: number }[] {
  return (values?.temperatures ?? []).flatMap((c, i) => (c == null ? [] : [{ n: i + 1, c }]));
}

export function warmest(values: Values | null): number | null {
  const all = temperaturesOf(values).map((x) => x.c);
  return all.length ? Math.max(...all) : null;
}

/** A balancer that was never a BMS: it knows its cells only. */
export function isBalancerOnly(device: Device): boolean {
  const v = device.values;
  return v?.cell_voltages != null && v.current == null && v.soc == null;
}

export function isDoubtful(quality: Quality, suspect: string[], key: string): boolean {
  return quality === 'suspect' && suspect.includes(key);
}
