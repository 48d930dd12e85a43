// What happened in the time that is seen: marks on a chart, and times without the grid.
import { useState } from 'preact/hooks';
import { ApiError, getGridOutages, json } from '../api';
import { sentence } from '../components/Events';
import { nameOf } from '../devices';
import { useRepeated } from '../hooks';
import { inner, t } from '../i18n';
import { getJournal } from '../plug-api';
import type { GridOutage, Happening, Switched } from '../types';
import type { Mark, Shade } from './paint';
import { seenAhead } from './place';
import type { Stretch } from './range';

const PAGE = 200;
/** Of more than this in one picture nobody could tell one from the other. */
const PAGES = 4;
const EVERY_MS = 30_000;

const tones: Record<string, Mark['tone']> = { device_lost: 'away', adapter_power_cycle: 'away', grid_lost: 'away', alarm_began: 'away', alarm_ended: 'live', stop: 'away', device_back: 'live', grid_back: 'live', start: 'live' };
/** What concerns every chart. */
const everybodys = /^(start|stop|clock_jump|grid_lost|grid_back)$/;

function markOf(event: Happening): Mark {
  const name = event.device === null ? null : nameOf(event.device);
  const text = sentence(event);
  return { t: event.t_ms / 1000, text: name ? `${name}: ${inner(text)}` : text, tone: tones[event.kind] ?? 'plain', event };
}

function markOfSwitch({ t_ms, device, action, result }: Switched): Mark[] {
  if (result !== 'done' && result !== 'seen') return []; // nothing was switched
  const text = t(action === 'on' ? 'switchedOn' : 'switchedOff', { name: nameOf(device) ?? '' });
  return [{ t: t_ms / 1000, text, tone: action === 'on' ? 'live' : 'away', event: { kind: 'switch', device } }];
}

/** Newest first, page by page, until it is older than what is looked at. */
async function upTo<T>(from: number, timeOf: (e: T) => number, page: (last: T | null) => Promise<T[]>): Promise<T[]> {
  const all: T[] = [];
  for (let i = 0; i < PAGES; i++) {
    const got = await page(all[all.length - 1] ?? null);
    all.push(...got);
    const last = got[got.length - 1];
    if (got.length < PAGE || !last || timeOf(last) < from) break;
  }
  return all;
}

async function load({ from, to }: Stretch, switches: boolean) {
  const [events, outages, journal] = await Promise.all([
    upTo<Happening>(from, (e) => e.t_ms, async (last) => (await json<{ events: Happening[] }>('GET', `/events?from_ms=${from}&before_ms=${last?.t_ms ?? to}&limit=${PAGE}`)).events),
    upTo<GridOutage>(from, (o) => o.from_ms, async (last) => (await getGridOutages(last?.from_ms ?? to, PAGE)).outages),
    switches ? upTo<Switched>(from, (s) => s.t_ms, async (last) => (await getJournal(null, last?.id ?? null, PAGE)).journal) : [],
  ]);
  return { events, outages, journal };
}

type Loaded = Awaited<ReturnType<typeof load>>;

/** `devices`: whose lines are drawn; `switches`: plugs are among them. */
export function useHappenings(stretch: Stretch, devices: readonly number[], switches: boolean): { marks: Mark[]; shades: Shade[] } {
  const [all, setAll] = useState<Loaded | null>(null);
  const look = async (signal: AbortSignal) => {
    try {
      const got = await load(stretch, switches);
      if (!signal.aborted) setAll(got);
    } catch (e) {
      if (!(e instanceof ApiError)) throw e; // the lines say that there is no connection
    }
  };
  useRepeated(look, seenAhead.value ? EVERY_MS : 3_600_000, [stretch.from, stretch.to, switches]);
  if (!all) return none;
  const drawn = new Set(devices);
  const mine = (device: number | null) => device === null || drawn.has(device);
  // the journal has those that were switched
  const events = all.events.filter((e) => e.kind !== 'switched' && (mine(e.device) || everybodys.test(e.kind))).map(markOf);
  const journal = all.journal.filter((s) => mine(s.device) && s.t_ms >= stretch.from && s.t_ms <= stretch.to).flatMap(markOfSwitch);
  const shades = all.outages.filter((o) => (o.to_ms ?? Infinity) > stretch.from).map((o) => ({ from: o.from_ms / 1000, to: o.to_ms === null ? null : o.to_ms / 1000 }));
  return { marks: [...events, ...journal].sort((a, b) => b.t - a.t), shades };
}

const none: { marks: Mark[]; shades: Shade[] } = { marks: [], shades: [] };
