// Jobs of the collector that this visit has started. Their numbers outlive a reload: a phone may drop
// the page while a capture runs. Numbers only, and only for this tab.
import { effect, signal } from '@preact/signals';
import { ApiError, getJob } from './api';
import { useRepeated } from './hooks';
import { session } from './store';
import type { Job, Results } from './types';

const KEY = 'svitlo.jobs';
const EVERY_MS = 1000;

/** What a job is for: its kind, and for kinds of which there are several, of what. */
type Name<K extends keyof Results> = K | `${K}:${string}`;
type Numbers = Record<string, number>;

function stored(): Numbers {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? '{}') as Numbers;
  } catch {
    return {};
  }
}

const numbers = signal<Numbers>(stored());
const jobs = signal<Record<number, Job>>({});

function write(next: Numbers): void {
  numbers.value = next;
  try {
    sessionStorage.setItem(KEY, JSON.stringify(next));
  } catch {
    // private mode: known until the page is left
  }
}

export function follow(what: string, job: Job): void {
  jobs.value = { ...jobs.value, [job.id]: job };
  write({ ...numbers.value, [what]: job.id });
}

/** Starts a job under that name; if it runs already, somebody else's will do as well. */
export async function begin(what: string, start: () => Promise<Job>): Promise<void> {
  try {
    follow(what, await start());
  } catch (e) {
    if (!(e instanceof ApiError && e.code === 'running' && e.id !== null)) throw e;
    follow(what, await getJob(e.id));
  }
}

export function followNumber(what: string, id: number): void {
  write({ ...numbers.value, [what]: id });
}

export function unfollow(what: string): void {
  const { [what]: _, ...rest } = numbers.value;
  write(rest);
}

effect(() => {
  if (session.value !== null) return;
  jobs.value = {}; // of whoever was here before
  write({});
});

export function hasEnded(job: Job): boolean {
  return job.state === 'done' || job.state === 'failed' || job.state === 'cancelled';
}

/** The job under that name as it is now; null: there is none. */
export function useJob<K extends keyof Results>(what: Name<K>): Job<K> | null {
  const id = numbers.value[what];
  const job = id === undefined ? undefined : jobs.value[id];
  const open = id !== undefined && !(job && hasEnded(job));
  const look = async () => {
    if (id === undefined) return;
    try {
      const now = await getJob(id);
      jobs.value = { ...jobs.value, [id]: now };
    } catch (e) {
      if (!(e instanceof ApiError)) throw e;
      if (e.status === 404) unfollow(what);
    }
  };
  useRepeated(open ? look : null, EVERY_MS, [id]);
  return (job as Job<K> | undefined) ?? null;
}
