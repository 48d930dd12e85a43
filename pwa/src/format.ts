// Numbers, durations and times as people of the chosen language write them.
import { computed } from '@preact/signals';
import { lang, plural, word } from './i18n';

export const MISSING = '—';
const NBSP = '\u00a0';

/** Of dates and numbers. */
export const dateLocale = computed(() => (lang.value === 'uk' ? 'uk-UA' : 'en-GB'));
const cache = new Map<string, Intl.NumberFormat>();

function formatter(digits: number, sign: boolean): Intl.NumberFormat {
  const key = `${dateLocale.value} ${digits} ${sign}`;
  let f = cache.get(key);
  if (!f) {
    f = new Intl.NumberFormat(dateLocale.value, {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
      signDisplay: sign ? 'exceptZero' : 'auto',
    });
    cache.set(key, f);
  }
  return f;
}

/** A missing number is a dash, never a zero. */
export function num(v: number | null | undefined, digits = 0, sign = false): string {
  if (v == null || !Number.isFinite(v)) return MISSING;
  const rounded = Number(v.toFixed(digits)) || 0; // no "-0"
  return formatter(digits, sign).format(rounded).replace('-', '−');
}

export function unit(u: string): string {
  return word('unit', u);
}

/** Number and unit as one text. */
export function qty(v: number | null | undefined, digits: number, u: string, sign = false): string {
  const n = num(v, digits, sign);
  return n === MISSING ? n : n + NBSP + unit(u);
}

function part(n: number, u: string): string {
  return num(n) + NBSP + unit(u);
}

/** "45 s", "12 min", "5 h 12 min", "3 days 4 h". */
export function duration(s: number | null | undefined): string {
  if (s == null || !Number.isFinite(s) || s < 0) return MISSING;
  const whole = Math.floor(s);
  if (whole < 60) return part(whole, 's');
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return part(minutes, 'min');
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 ? `${part(hours, 'h')} ${part(minutes % 60, 'min')}` : part(hours, 'h');
  const days = Math.floor(hours / 24);
  const text = num(days) + NBSP + plural('days', days);
  return hours % 24 ? `${text} ${part(hours % 24, 'h')}` : text;
}

/** Of what is over, rounded up: 3 min 57 s are 4 min. */
export function lasted(ms: number): string {
  const s = ms / 1000;
  return duration(s < 60 ? Math.ceil(s) : Math.ceil(s / 60) * 60);
}

export function ago(ms: number): string {
  if (ms < 1000) return word('phrase', 'now');
  return word('phrase', 'ago').replace('{x}', duration(ms / 1000));
}

/** Time of day, with the date when it was not today. */
export function clockTime(wall_ms: number): string {
  const d = new Date(wall_ms);
  const today = new Date().toDateString() === d.toDateString();
  return d.toLocaleString(
    dateLocale.value,
    today
      ? { hour: '2-digit', minute: '2-digit' }
      : { day: 'numeric', month: 'long', hour: '2-digit', minute: '2-digit' },
  );
}

/** "45 s" and, from a minute on, "4:32": for what is counted down. */
export function countdown(s: number): string {
  if (s < 60) return part(s, 's');
  const seconds = String(s % 60).padStart(2, '0');
  if (s < 3600) return `${Math.floor(s / 60)}:${seconds}`;
  return `${Math.floor(s / 3600)}:${String(Math.floor(s / 60) % 60).padStart(2, '0')}:${seconds}`;
}

/** A moment of the past: the day only if it is another one, the year only if it is another one. */
export function moment(wall_ms: number): string {
  const d = new Date(wall_ms);
  const now = new Date();
  const day = d.toDateString() === now.toDateString() ? {} : ({ day: 'numeric', month: 'short' } as const);
  const year = d.getFullYear() === now.getFullYear() ? {} : ({ year: 'numeric' } as const);
  return d.toLocaleString(dateLocale.value, { ...day, ...year, hour: '2-digit', minute: '2-digit' });
}

export function bytes(n: number): string {
  return n < 10_000 ? qty(n, 0, 'B') : qty(n / 1000, 0, 'kB');
}
