// What a chart draws: lines, each of a metric of a device, over buckets of time.
import type { Cell, Series, Tier, Whose } from './types';

/** How a line looks: a colour of tokens.css, and a stroke, for a colour never speaks alone. */
export interface Look {
  colour: string;
  dash?: readonly number[];
  fill?: boolean;
  width?: number;
}

export interface Line extends Look {
  key: string;
  label: string;
  device: Whose;
  metric: string;
  /** What a value above and below zero means. */
  ways?: readonly [string, string];
  /** It is of another day. */
  over?: true;
}

/** A line with its values. */
export interface Track {
  line: Line;
  unit: string;
  digits: number;
  avg: Cell[];
  /** null: each bucket has one value. */
  band: { min: Cell[]; max: Cell[] } | null;
}

export interface Table {
  t: number[];
  step_s: number;
  tier: Tier;
  tracks: Track[];
}

const hues = ['--light', '--min', '--good', '--bad', '--ink', '--soft'] as const;
const strokes: readonly (readonly number[])[] = [[], [9, 4], [2, 4], [12, 4, 2, 4]];

/** Looks that differ by more than colour, for as many lines as there may be. */
export function lookOf(i: number): Look {
  return { colour: hues[i % hues.length] as string, dash: strokes[i % strokes.length] as readonly number[] };
}

export function tableOf(series: Series, lines: readonly Line[]): Table {
  const [t, ...columns] = series.data;
  const find = (line: Line, part: string) => series.columns.findIndex((c) => c.device === line.device && c.metric === line.metric && c.part === part);
  const tracks = lines.flatMap((line) => {
    const [avg, last, min, max] = ['avg', 'last', 'min', 'max'].map((part) => find(line, part)) as [number, number, number, number];
    const main = avg >= 0 ? avg : last;
    const { unit, digits } = series.columns[main] ?? {};
    const values = columns[main];
    if (!values || unit === undefined || digits === undefined) return [];
    const [low, high] = [columns[min], columns[max]];
    return [{ line, unit, digits, avg: values, band: low && high ? { min: low, max: high } : null }];
  });
  return { t, step_s: series.step_s, tier: series.tier, tracks };
}

/** The first bucket that is not before that time. */
export function firstFrom(t: readonly number[], s: number): number {
  let [low, high] = [0, t.length];
  while (low < high) {
    const mid = (low + high) >> 1;
    if ((t[mid] as number) < s) low = mid + 1;
    else high = mid;
  }
  return low;
}

/** Puts another day's lines over this one's: each bucket with the one at the same time of that day. */
export function overlay(table: Table, other: Table, shift_s: number, suffix: string): Table {
  const from = other.t.map((s) => s + shift_s);
  const t = table.t.length ? table.t : from;
  const at = t.map((s) => {
    const i = firstFrom(from, s + 0.5) - 1;
    return i >= 0 && s - (from[i] as number) < other.step_s ? i : -1;
  });
  const pick = (values: Cell[]) => at.map((i) => (i < 0 ? null : (values[i] ?? null)));
  const tracks = other.tracks.map(({ line, avg, ...rest }) => ({
    ...rest,
    line: { ...line, key: `${line.key}~`, label: `${line.label}, ${suffix}`, dash: [2, 5], fill: false, width: 1.5, over: true as const },
    avg: pick(avg),
    band: null,
  }));
  return { ...table, t, tracks: [...table.tracks, ...tracks] };
}

/** The newest bucket of some time in which something was measured, or -1. */
export function newest({ t, tracks }: Table, from_s: number, to_s: number): number {
  for (let i = firstFrom(t, to_s) - 1; i >= 0 && (t[i] as number) >= from_s; i--) if (tracks.some((k) => !k.line.over && k.avg[i] != null)) return i;
  return -1;
}

export interface Extent {
  avg: Cell;
  min: Cell;
  max: Cell;
}

/** Of buckets from `a` to before `b`. */
export function extentOf({ avg, band }: Track, a: number, b: number): Extent {
  let [n, sum, min, max] = [0, 0, Infinity, -Infinity];
  for (let i = a; i < b; i++) {
    const v = avg[i];
    if (v == null) continue;
    n++;
    sum += v;
    min = Math.min(min, band?.min[i] ?? v);
    max = Math.max(max, band?.max[i] ?? v);
  }
  return n ? { avg: sum / n, min, max } : { avg: null, min: null, max: null };
}
