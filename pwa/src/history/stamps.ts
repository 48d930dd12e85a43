// Times in words, by the house's clocks.
import { dateLocale } from '../format';
import { zone } from './zone';
import type { Stretch, Span } from './range';

const made = new Map<string, Intl.DateTimeFormat>();

function formatter(shape: Intl.DateTimeFormatOptions, timeZone: string): Intl.DateTimeFormat {
  const key = `${dateLocale.value} ${timeZone} ${JSON.stringify(shape)}`;
  let f = made.get(key);
  if (!f) {
    f = new Intl.DateTimeFormat(dateLocale.value, { ...shape, timeZone });
    made.set(key, f);
  }
  return f;
}

const time = { hour: '2-digit', minute: '2-digit' } as const;
const shortDay = { day: 'numeric', month: 'short' } as const;
const longDay = { day: 'numeric', month: 'long', year: 'numeric' } as const;

const say = (ms: number, shape: Intl.DateTimeFormatOptions) => formatter(shape, zone.value).format(ms);

/** What stands under an axis; `step_s` is how far its marks are from each other. */
export function tick(ms: number, step_s: number): string {
  if (step_s >= 300 * 86_400) return say(ms, { year: 'numeric' });
  if (step_s >= 27 * 86_400) {
    const month = say(ms, { month: 'short' });
    return say(ms, { month: 'numeric' }) === '1' ? `${month}\n${say(ms, { year: 'numeric' })}` : month;
  }
  if (step_s >= 86_400) return say(ms, shortDay);
  const clock = say(ms, step_s < 60 ? { ...time, second: '2-digit' } : time);
  return /^00:00(:00)?$/.test(clock) ? say(ms, shortDay) : clock;
}

export const timeOf = (ms: number): string => say(ms, time);
export const dayText = (ms: number): string => say(ms, longDay);
export const monthText = (ms: number): string => say(ms, { month: 'long', year: 'numeric' });

/** A moment, as exact as what is known of it. */
export function at(ms: number, step_s: number): string {
  if (step_s >= 86_400) return say(ms, longDay);
  return say(ms, { ...shortDay, ...time, ...(step_s < 60 && { second: '2-digit' }) });
}

/** From when to when a bucket is. */
export function bucket(ms: number, step_s: number): string {
  if (step_s < 60) return at(ms, step_s);
  if (step_s === 86_400) return say(ms, { weekday: 'short', ...longDay });
  const shape = step_s > 86_400 ? longDay : { ...shortDay, ...time };
  return formatter(shape, zone.value).formatRange(ms, ms + step_s * 1000 - (step_s > 86_400 ? 43_200_000 : 0));
}

export function stretchText({ from, to }: Stretch): string {
  return formatter({ ...shortDay, year: 'numeric', ...time }, zone.value).formatRange(from, to);
}

/** Days have no hour: they are said as days of UTC. */
export function spanText({ kind, first, last }: Span): string {
  const of = (shape: Intl.DateTimeFormatOptions) => formatter(shape, 'UTC');
  const [a, b] = [Date.parse(first), Date.parse(last)];
  if (kind === 'day') return of({ weekday: 'short', ...longDay }).format(a);
  if (kind === 'month') return of({ month: 'long', year: 'numeric' }).format(a);
  if (kind === 'year') return of({ year: 'numeric' }).format(a);
  return of(longDay).formatRange(a, b);
}

export const dateText = (day: string): string => formatter(shortDay, 'UTC').format(Date.parse(day));
