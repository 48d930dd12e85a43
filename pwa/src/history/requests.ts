// Which requests bring what is seen.
import type { Line } from './lines';
import { place, seen, whole } from './place';
import type { Stretch } from './range';
import { housesZone } from './zone';

/** As many buckets as a screen has room for. */
const points = () => (innerWidth < 600 ? 400 : 800);

/**
 * The time to ask for: the whole range as long as it is what is seen, else what is seen with as much on
 * both sides, by a grid, so that small moves need no new request.
 */
export function asked(): Stretch & { points: number } {
  if (!place.value.zoom) return { ...whole.value, points: points() };
  const { from, to } = seen.value;
  const grid = 2 ** Math.ceil(Math.log2((to - from) / 4000)) * 1000;
  const wide = { from: Math.max(Date.UTC(2000, 0, 1), Math.floor(from / grid) * grid - grid), to: Math.min(Date.UTC(2100, 0, 1), Math.ceil(to / grid) * grid + grid) };
  return { ...wide, points: Math.min(3000, Math.round((points() * (wide.to - wide.from)) / (to - from))) };
}

/** With it the server may promise that an answer about days stays the same. */
const zoneParam = () => (housesZone.value ? `&zone=${encodeURIComponent(housesZone.value)}` : '');

/** Whatever comes in any order is asked for in the same one: the cache goes by the address. */
const list = (all: readonly (string | number)[]) => [...new Set(all)].join();

export function seriesPath(lines: readonly Line[], { from, to, points: n }: Stretch & { points: number }) {
  const whose = `/series?device=${list(lines.map((l) => l.device))}&metric=${list(lines.map((l) => l.metric))}`;
  return { path: `${whose}&from_ms=${from}&to_ms=${to}&points=${n}${zoneParam()}`, family: whose };
}

export function cellsPath(device: number, { from, to, points: n }: Stretch & { points: number }) {
  const whose = `/cells?device=${device}`;
  return { path: `${whose}&from_ms=${from}&to_ms=${to}&points=${Math.min(1000, n >> 1)}${zoneParam()}`, family: whose };
}

export function energyPath(by: string, { from, to }: Stretch): string {
  return `/energy?by=${by}&from_ms=${from}&to_ms=${to}${zoneParam()}`;
}
