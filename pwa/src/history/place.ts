// What is looked at, in the address: a reload, a bookmark and "back" show the same.
import { computed } from '@preact/signals';
import { query, turn } from '../router';
import { serverNow } from '../store';
import { kinds, spanAround, stretchOf, type Kind, type Span, type Stretch } from './range';
import { dayOf, isDay, zone, type Day } from './zone';

export const tabs = ['flows', 'soc', 'cells', 'temperatures', 'plugs', 'energy'] as const;
export type Tab = (typeof tabs)[number];

export interface Place {
  /** null: the first that there is. */
  tab: Tab | null;
  range: Kind;
  /** A day of the range, or its first and last; null: today. */
  date: Day | null;
  last: Day | null;
  device: number | null;
  /** What of the tab. */
  show: string | null;
  compare: Day | null;
  /** Moved or zoomed away from the range. */
  zoom: Stretch | null;
}

const oneOf = <T extends string>(all: readonly T[], s: string | null): T | null => all.find((x) => x === s) ?? null;
const dayIn = (s: string | null): Day | null => (isDay(s) ? s : null);

function zoomIn(s: string | null): Stretch | null {
  const [from, to] = (/^(\d{9,11})-(\d{9,11})$/.exec(s ?? '') ?? []).slice(1).map((n) => Number(n) * 1000);
  return from !== undefined && to !== undefined && from < to && to < Date.UTC(2100, 0, 1) ? { from, to } : null;
}

function read(search: string): Place {
  const q = new URLSearchParams(search);
  const [date, last, device] = [dayIn(q.get('date')), dayIn(q.get('last')), Number(q.get('device'))];
  const range = oneOf(kinds, q.get('range')) ?? 'day';
  return {
    tab: oneOf(tabs, q.get('tab')),
    range: range === 'custom' && !(date && last && date <= last) ? 'day' : range,
    date,
    last,
    device: Number.isSafeInteger(device) && device > 0 ? device : null,
    show: q.get('show'),
    compare: dayIn(q.get('compare')),
    zoom: zoomIn(q.get('zoom')),
  };
}

function write(p: Place): string {
  const { tab, device, show, compare, date, zoom } = p;
  const q = new URLSearchParams();
  const put = (key: string, value: string | number | null) => value !== null && q.set(key, String(value));
  put('tab', tab);
  put('range', p.range === 'day' ? null : p.range);
  put('date', date);
  put('last', p.range === 'custom' ? p.last : null);
  put('device', device);
  put('show', show);
  put('compare', compare);
  put('zoom', zoom && `${Math.round(zoom.from / 1000)}-${Math.round(zoom.to / 1000)}`);
  const s = q.toString();
  return s && `?${s}`;
}

export const place = computed(() => read(query.value));
export const today = computed(() => dayOf(serverNow(), zone.value));

export const span = computed<Span>(() => {
  const { range, date, last } = place.value;
  if (range === 'custom') return { kind: range, first: date as Day, last: last as Day };
  return spanAround(range, date ?? today.value);
});

export const whole = computed<Stretch>(() => stretchOf(span.value, zone.value));
/** What the charts show. */
export const seen = computed<Stretch>(() => place.value.zoom ?? whole.value);

/** Do they reach into what is still to come? Told only when it changes, not every second. */
export const wholeAhead = computed(() => whole.value.to > serverNow());
export const seenAhead = computed(() => seen.value.to > serverNow());

/** Lines of a day can be laid over those of another. */
export const comparable = (tab: Tab): boolean => span.value.kind === 'day' && tab !== 'cells' && tab !== 'energy';

/** Panning and zooming are no steps to go back by. */
export function look(zoom: Stretch | null): void {
  turn(write({ ...place.value, zoom }), false);
}

export function show(what: Partial<Omit<Place, 'zoom'>>): void {
  const moves = 'range' in what || 'date' in what;
  turn(write({ ...place.value, ...what, ...(moves && { zoom: null }) }), true);
}

/** That one, whole; the one of today has no date, so that tomorrow it shows tomorrow. */
export function showSpan({ kind, first, last }: Span): void {
  const now = kind !== 'custom' && first <= today.value && today.value <= last;
  show({ range: kind, date: now ? null : first, last: kind === 'custom' ? last : null });
}
