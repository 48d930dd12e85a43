// Energies of a range: by which periods, and how they stack.
import type { Span } from './range';
import { dayText, monthText, tick, timeOf } from './stamps';
import type { Cell, Energy, FlowKey, Period } from './types';

const DAY_MS = 86_400_000;

/** Bars that are neither too few nor too many. */
export function periodOf({ kind, first, last }: Span): Period {
  if (kind === 'day') return 'hour';
  if (kind === 'week' || kind === 'month') return 'day';
  if (kind === 'year') return 'month';
  const days = (Date.parse(last) - Date.parse(first)) / DAY_MS + 1;
  if (days <= 3) return 'hour';
  if (days <= 92) return 'day';
  return days <= 5 * 366 ? 'month' : 'year';
}

export interface Piece {
  /** null: what nobody has said where it came from. */
  flow: FlowKey | null;
  wh: number;
}

export interface Bar {
  pieces: Piece[];
  sum: Cell;
}

/** Pieces of each period; what of `whole` they do not explain is a piece of its own. */
export function barsOf({ periods: p }: Energy, flows: readonly FlowKey[], whole: 'load_wh' | 'pv_wh'): Bar[] {
  return p.t_ms.map((_, i) => {
    const pieces: Piece[] = flows.flatMap((flow) => {
      const wh = p[`${flow}_wh`][i];
      return wh == null || wh <= 0 ? [] : [{ flow, wh }];
    });
    const known = pieces.reduce((n, { wh }) => n + wh, 0);
    const sum = p[whole][i] ?? null;
    const rest = (sum ?? 0) - known;
    if (rest > Math.max(20, known * 0.01)) pieces.push({ flow: null, wh: rest });
    return { pieces, sum: sum === null && known === 0 ? null : Math.max(known, sum ?? 0) };
  });
}

const HOUR_S = 3600;
const lengths: Record<Period, number> = { hour: HOUR_S, day: 24 * HOUR_S, month: 30 * 24 * HOUR_S, year: 365 * 24 * HOUR_S };

export const shortPeriod = (by: Period, ms: number): string => (by === 'hour' ? timeOf(ms) : tick(ms, lengths[by]).replace('\n', ' '));

export function longPeriod(by: Period, ms: number): string {
  if (by === 'hour') return `${dayText(ms)}, ${timeOf(ms)}`;
  if (by === 'day') return dayText(ms);
  return by === 'month' ? monthText(ms) : tick(ms, lengths.year);
}
