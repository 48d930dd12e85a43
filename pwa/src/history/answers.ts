// Requests about the past, and the last answers, so that going back is instant.
import { effect } from '@preact/signals';
import { useState } from 'preact/hooks';
import { ApiError, json, send } from '../api';
import { mono } from '../clock';
import { useRepeated } from '../hooks';
import { leave } from '../session';
import { session } from '../store';
import { saidZone } from './zone';
import type { NewTariff, Settings, Storage, Tariff } from './types';

const KEPT = 40;
const FRESH_MS = 30_000;
const EVERY_MS = 60_000;

interface Kept {
  answer: unknown;
  at: number;
  /** It is of the past alone: it stays so. */
  settled: boolean;
}

/** In the order of their last use. */
const kept = new Map<string, Kept>();

effect(() => {
  if (!session.value) kept.clear();
});

function recall(path: string): Kept | undefined {
  const found = kept.get(path);
  if (found) {
    kept.delete(path);
    kept.set(path, found);
  }
  return found;
}

function remember(path: string, answer: unknown, settled: boolean): void {
  kept.delete(path);
  kept.set(path, { answer, at: mono(), settled });
  for (const oldest of kept.keys()) {
    if (kept.size <= KEPT) break;
    kept.delete(oldest);
  }
}

/** What was asked of tariffs or settings is no longer so. */
export function forget(): void {
  kept.clear();
}

async function fetchPath(path: string, signal: AbortSignal): Promise<void> {
  const { headers, text } = await send('GET', path, { signal, keep: true });
  let answer: { zone?: string };
  try {
    answer = JSON.parse(text) as { zone?: string };
  } catch {
    throw new ApiError(200, 'bad_answer');
  }
  if (answer.zone) saidZone.value = answer.zone;
  remember(path, answer, /\bimmutable\b/.test(headers.get('Cache-Control') ?? ''));
}

/** The same without the zone: the house's days have got another one. */
const withoutZone = (path: string) => path.replace(/&zone=[^&]*/, '');

export interface Asked<T> {
  answer: T | null;
  /** What is shown meanwhile is of another time. */
  waiting: boolean;
  error: ApiError | null;
  retry: () => void;
}

/**
 * The answer of a path, asked for again while time goes on in what it is about (`live`). Until it is there that of the last path of the
 * same `family`, whose answers have the same shape. null: nothing is asked.
 */
export function useAnswer<T>(path: string | null, family: string, live: boolean): Asked<T> {
  const [last, setLast] = useState<{ path: string; family: string } | null>(null);
  const [failed, setFailed] = useState<{ path: string; error: ApiError } | null>(null);
  const [tries, setTries] = useState(0);
  const load = async (signal: AbortSignal) => {
    if (path === null) return;
    const had = recall(path);
    if (!had || (!had.settled && mono() - had.at > FRESH_MS)) {
      try {
        await fetchPath(path, signal).catch((e: unknown) => {
          if (!(e instanceof ApiError && e.code === 'zone_changed')) throw e;
          return fetchPath(withoutZone(path), signal);
        });
      } catch (e) {
        if (!(e instanceof ApiError)) throw e;
        if (e.status === 401) leave();
        if (!signal.aborted) setFailed({ path, error: e });
        return;
      }
    }
    if (signal.aborted) return;
    setFailed(null);
    setLast({ path, family }); // also when the same path has got another answer
  };
  useRepeated(path === null ? null : load, live ? EVERY_MS : 3_600_000, [path, tries]);
  const own = path === null ? undefined : recall(path);
  const shown = own ?? (last?.family === family ? recall(last.path) : undefined);
  const error = failed && failed.path === path ? failed.error : null;
  return { answer: (shown?.answer as T | undefined) ?? null, waiting: path !== null && !own && !error, error, retry: () => setTries((n) => n + 1) };
}

export const getTariffs = () => json<{ tariffs: Tariff[] }>('GET', '/tariffs');
export const addTariff = (body: NewTariff) => json<Tariff>('POST', '/tariffs', { body });
export const removeTariff = (id: number) => send('DELETE', `/tariffs/${id}`);
export const getSettings = () => json<Settings>('GET', '/settings');
export const changeSettings = (body: Partial<Settings>) => json<Settings>('PATCH', '/settings', { body });
export const getStatus = () => json<{ storage: Storage | null }>('GET', '/status');
