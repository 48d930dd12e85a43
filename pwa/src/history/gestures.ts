// Moving through time: drag, wheel, pinch, double tap. Vertical drags are the page's own.
import { serverNow } from '../store';
import type { Stretch } from './range';

const SLOP_PX = 6;
const DOUBLE_MS = 320;
const DOUBLE_PX = 30;
const SPAN_MIN_MS = 120_000;
const SPAN_MAX_MS = 40 * 366 * 86_400_000;

/** Neither too near nor too far, and not into a future of which nothing is known. */
export function within({ from, to }: Stretch): Stretch {
  const span = Math.min(SPAN_MAX_MS, Math.max(SPAN_MIN_MS, to - from));
  const mid = (from + to) / 2;
  const start = Math.max(Date.UTC(2000, 0, 1), Math.min(mid - span / 2, serverNow() + 86_400_000 - span / 2));
  return { from: Math.round(start), to: Math.round(start + span) };
}

/** `by` < 1: nearer; `at`, from 0 to 1, is what stays in its place. */
export function zoomed({ from, to }: Stretch, by: number, at = 0.5): Stretch {
  const fixed = from + (to - from) * at;
  return within({ from: fixed - (fixed - from) * by, to: fixed + (to - fixed) * by });
}

/** By a part of what is seen. */
export function moved({ from, to }: Stretch, part: number): Stretch {
  const by = (to - from) * part;
  return within({ from: from + by, to: to + by });
}

interface Watched {
  seen: () => Stretch;
  onLook: (s: Stretch) => void;
  onReset: () => void;
  /** A tap on a place, in px from the left and the top. */
  onTap: (x: number, y: number) => void;
}

/** Gives what ends it. */
export function watchGestures(area: HTMLElement, { seen, onLook, onReset, onTap }: Watched): () => void {
  const fingers = new Map<number, { x: number; y: number }>();
  let start = seen();
  let begun = { x: 0, span: 0 };
  let moves = false;
  let last = { at: 0, x: 0, y: 0 };

  const spread = () => {
    const xs = [...fingers.values()].map((f) => f.x);
    return { x: xs.reduce((a, b) => a + b, 0) / (xs.length || 1), span: Math.max(...xs) - Math.min(...xs) };
  };
  const begin = () => {
    start = seen();
    begun = spread();
  };
  const placeOf = (e: MouseEvent) => {
    const box = area.getBoundingClientRect();
    return { x: e.clientX - box.left, y: e.clientY - box.top };
  };
  const down = (e: PointerEvent) => {
    if (e.button !== 0) return;
    area.setPointerCapture(e.pointerId);
    fingers.set(e.pointerId, placeOf(e));
    if (fingers.size === 1) moves = false;
    begin();
  };
  const move = (e: PointerEvent) => {
    if (!fingers.has(e.pointerId)) return;
    fingers.set(e.pointerId, placeOf(e));
    const now = spread();
    if (!moves && fingers.size === 1 && Math.abs(now.x - begun.x) < SLOP_PX) return;
    moves = true;
    const pinched = fingers.size > 1 ? zoomed(start, begun.span / Math.max(10, now.span), begun.x / area.clientWidth) : start;
    onLook(moved(pinched, (begun.x - now.x) / area.clientWidth));
  };
  const up = (e: PointerEvent) => {
    if (!fingers.delete(e.pointerId)) return;
    if (fingers.size) return begin();
    if (moves || e.type === 'pointercancel') return;
    const { x, y } = placeOf(e);
    const twice = e.timeStamp - last.at < DOUBLE_MS && Math.hypot(x - last.x, y - last.y) < DOUBLE_PX;
    last = { at: twice ? 0 : e.timeStamp, x, y };
    if (twice) onReset();
    else onTap(x, y);
  };
  /** A wheel scrolls the page, unless a key is held or the chart has been chosen by a click. */
  const wheel = (e: WheelEvent) => {
    const sideways = Math.abs(e.deltaX) > Math.abs(e.deltaY) || e.shiftKey;
    const chosen = e.ctrlKey || e.metaKey || area.closest(':focus') !== null;
    if (!sideways && !chosen) return;
    e.preventDefault();
    const pixels = e.deltaMode === 0 ? 1 : 30;
    if (sideways) onLook(moved(seen(), ((e.deltaX || e.deltaY) * pixels) / area.clientWidth));
    else onLook(zoomed(seen(), Math.exp(Math.max(-60, Math.min(60, e.deltaY * pixels)) / 150), placeOf(e).x / area.clientWidth));
  };
  area.addEventListener('pointerdown', down);
  area.addEventListener('pointermove', move);
  area.addEventListener('pointerup', up);
  area.addEventListener('pointercancel', up);
  area.addEventListener('wheel', wheel, { passive: false });
  return () => {
    area.removeEventListener('pointerdown', down);
    area.removeEventListener('pointermove', move);
    area.removeEventListener('pointerup', up);
    area.removeEventListener('pointercancel', up);
    area.removeEventListener('wheel', wheel);
  };
}
