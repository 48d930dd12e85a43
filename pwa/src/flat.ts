// Flat key-value objects of the BMS (info, settings) as lines with a label and a unit.
import type { Fact } from './components/Facts';
import { duration, num, qty } from './format';
import { hasWord, t, word, type Group } from './i18n';
import type { Flat } from './types';

/** The unit is the last part of a key's name. */
const suffixes: [RegExp, string, number][] = [
  [/_v$/, 'V', 3],
  [/_ah$/, 'Ah', 0],
  [/_a$/, 'A', 1],
  [/_c$/, '°C', 0],
  [/_us$/, 'µs', 0],
  [/_(h|hours)$/, 'h', 1],
  [/_min$/, 'min', 0],
  [/_pct$/, '%', 0],
];

function digitsFor(v: number, most: number): number {
  if (Number.isInteger(v) && most < 3) return 0;
  return most;
}

function show(key: string, v: unknown): string {
  if (v === null || v === undefined || v === '') return num(null);
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
  if (rule) return qty(v, digitsFor(v, rule[2]), rule[1]);
  return Number.isInteger(v) ? num(v) : num(v, 3);
}

/** In the given order; keys that are not in the object are left out. */
export function factsOf(group: Group, values: Flat, keys: readonly string[]): Fact[] {
  return keys
    .filter((k) => k in values)
    .map((k) => ({ label: hasWord(group, k) ? word(group, k) : k, value: show(k, values[k]) }));
}

/** Keys of `values` that none of the lists names, in their own order. */
export function restOf(values: Flat, lists: readonly (readonly string[])[]): string[] {
  const known = new Set(lists.flat());
  return Object.keys(values).filter((k) => !known.has(k));
}
