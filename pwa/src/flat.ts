// Flat key-value objects of a device (info, settings) as lines with a label and a unit.
import type { FactRow } from './components/Facts';
import { duration, num, qty } from './format';
import { t, word, wordIfThere } from './i18n';
import type { Flat } from './types';

/** The unit is the last part of a key's name; digits: at least and at most. The first that fits. */
const suffixes: [RegExp, string, number, number][] = [
  [/_mv_c$/, 'mV/°C', 0, 1],
  [/_v$/, 'V', 1, 3],
  [/_ah$/, 'Ah', 0, 3],
  [/_a$/, 'A', 0, 3],
  [/_w$/, 'W', 0, 0],
  [/_hz$/, 'Hz', 1, 2],
  [/_mohm$/, 'mΩ', 0, 0],
  [/_c$/, '°C', 0, 1],
  [/_us$/, 'µs', 0, 0],
  [/_ms$/, 'ms', 0, 0],
  [/_(h|hours)$/, 'h', 0, 1],
  [/_days$/, 'd', 0, 0],
  [/_min$/, 'min', 0, 0],
  [/_pct$/, '%', 0, 1],
];

/** Cells are known to the millivolt. */
const CELL_V = 10;

/** The settings of the six slots differ by a number in the middle of their names. */
const SLOT = /^prog([1-6])_/;

/** As few digits as say all of it: 0.35 A must not become 0.4 A. */
function digitsFor(v: number, least: number, most: number): number {
  let digits = least;
  while (digits < most && Math.abs(v - Number(v.toFixed(digits))) > 1e-6) digits++;
  return digits;
}

type Labels = 'set' | 'info' | 'link';

/** What a setting or a fact is called. */
export function label(group: Labels, key: string): string {
  return word(group, key.replace(SLOT, 'prog_'), { n: SLOT.exec(key)?.[1] ?? '' });
}

/** A value in the owner's terms: by name, with its unit, yes or no, a date. */
export function show(key: string, v: unknown): string {
  if (v === null || v === undefined || v === '') return num(null);
  const named = wordIfThere('code', `${key.replace(SLOT, 'prog_')}_${String(v)}`);
  if (named) return named;
  if (typeof v === 'boolean') return t(v ? 'yes' : 'no');
  if (Array.isArray(v)) {
    const same = v.length > 2 && v.every((x) => x === v[0]);
    return same ? `${v.length} × ${show('', v[0])}` : v.map((x) => show('', x)).join('; ');
  }
  if (typeof v === 'object') return JSON.stringify(v);
  if (typeof v !== 'number') {
    const date = key === 'manufacturing_date' && /^(\d\d)(\d\d)(\d\d)$/.exec(String(v));
    return date ? `20${date[1]}-${date[2]}-${date[3]}` : String(v);
  }
  if (key.endsWith('_s')) return v < 120 ? qty(v, 0, 's') : duration(v);
  const rule = suffixes.find(([re]) => re.test(key));
  if (rule) return qty(v, rule[1] === 'V' && v < CELL_V ? 3 : digitsFor(v, rule[2], rule[3]), rule[1]);
  return Number.isInteger(v) ? num(v) : num(v, 3);
}

/** In the given order; keys that are not in the object are left out. */
export function factsOf(group: Labels, values: Flat, keys: readonly string[]): FactRow[] {
  return keys.filter((k) => k in values).map((k) => ({ label: label(group, k), value: show(k, values[k]) }));
}

/** Keys of `values` that none of the lists names, in their own order. */
export function restOf(values: Flat, lists: readonly (readonly string[])[]): string[] {
  const known = new Set(lists.flat());
  return Object.keys(values).filter((k) => !known.has(k));
}
