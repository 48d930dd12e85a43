// Which time is looked at: a day, week, month or year of the house, or some days.
import { dayStart, plusDays, plusMonths, weekday, type Day } from './zone';

export const kinds = ['day', 'week', 'month', 'year', 'custom'] as const;
export type Kind = (typeof kinds)[number];

/** Both days belong to it. */
export interface Span {
  kind: Kind;
  first: Day;
  last: Day;
}

/** A piece of time, in ms. */
export interface Stretch {
  from: number;
  to: number;
}

/** The one that has this day in it. */
export function spanAround(kind: Exclude<Kind, 'custom'>, day: Day): Span {
  if (kind === 'day') return { kind, first: day, last: day };
  if (kind === 'week') {
    const first = plusDays(day, -weekday(day));
    return { kind, first, last: plusDays(first, 6) };
  }
  const first = kind === 'month' ? plusMonths(day, 0) : `${day.slice(0, 4)}-01-01`;
  return { kind, first, last: plusDays(plusMonths(first, kind === 'month' ? 1 : 12), -1) };
}

const daysIn = ({ first, last }: Span): number => Math.round((Date.parse(last) - Date.parse(first)) / 86_400_000) + 1;

/** The one before (-1) or after (1). */
export function neighbour(span: Span, by: 1 | -1): Span {
  if (span.kind !== 'custom') return spanAround(span.kind, plusDays(by > 0 ? span.last : span.first, by));
  const n = daysIn(span) * by;
  return { kind: 'custom', first: plusDays(span.first, n), last: plusDays(span.last, n) };
}

export const stretchOf = ({ first, last }: Span, zone: string): Stretch => ({ from: dayStart(first, zone), to: dayStart(plusDays(last, 1), zone) });
