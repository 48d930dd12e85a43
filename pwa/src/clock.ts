// Durations come from the monotonic clock: the wall clock of a phone may be wrong or jump.
import { signal } from '@preact/signals';

let slept = 0; // ms that performance.now() missed while the device was asleep

/** Milliseconds on a clock that never goes back. */
export function mono(): number {
  return performance.now() + slept;
}

/** The same clock as a signal that moves once a second while the page is visible. */
export const tick = signal(mono());

let wall = Date.now();
let perf = performance.now();

function look(): void {
  // Some systems stop performance.now() in sleep. A longer time on the wall clock can only make
  // data look older, never fresher, so it is safe to add.
  const missed = Date.now() - wall - (performance.now() - perf);
  if (missed > 2000) slept += missed;
  wall = Date.now();
  perf = performance.now();
  tick.value = mono();
}

export function startClock(): void {
  setInterval(() => document.hidden || look(), 1000);
  document.addEventListener('visibilitychange', () => document.hidden || look());
}
