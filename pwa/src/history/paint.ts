// What is painted on a chart besides its lines.
import type uPlot from 'uplot';
import type { Happening } from '../types';

/** Something that happened, at a moment. */
export interface Mark {
  t: number;
  text: string;
  /** Bad news, good news, or neither: it decides the colour, the words say it. */
  tone: 'away' | 'live' | 'plain';
  event: Pick<Happening, 'kind' | 'device'>;
}

/** A time without the grid, in seconds; null: it lasts. */
export interface Shade {
  from: number;
  to: number | null;
}

/** A colour of tokens.css as it is now; with a transparency, for those are all of six digits. */
export function token(name: string, alpha = ''): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim() + alpha;
}

/** A canvas counts in pixels of the screen. */
const px = (n: number) => Math.round(n * devicePixelRatio);

function clipped(u: uPlot, draw: (c: CanvasRenderingContext2D) => void): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  draw(ctx);
  ctx.restore();
}

/** Behind the lines: when there was no grid, with a bar at the foot, for a shade alone is easily overlooked. */
export function paintShades(u: uPlot, shades: readonly Shade[], now_s: number): void {
  const { top, height } = u.bbox;
  clipped(u, (c) => {
    for (const { from, to } of shades) {
      const left = u.valToPos(from, 'x', true);
      const width = Math.max(1, u.valToPos(to ?? now_s, 'x', true) - left);
      c.fillStyle = token('--bad', '1f');
      c.fillRect(left, top, width, height);
      c.fillStyle = token('--bad', '99');
      c.fillRect(left, top + height - px(4), width, px(4));
    }
  });
}

/** Above the lines: a stroke with a flag at its top for each thing that happened; newest first. */
export function paintMarks(u: uPlot, marks: readonly Mark[]): void {
  const { top, height } = u.bbox;
  const [from, to] = [u.scales['x']?.min ?? 0, u.scales['x']?.max ?? 0];
  const shown = marks.filter((m) => m.t >= from && m.t <= to);
  const colours = { away: token('--bad'), live: token('--good'), plain: token('--soft') };
  clipped(u, (c) => {
    let last = Infinity;
    for (const { t, tone } of shown) {
      const x = Math.round(u.valToPos(t, 'x', true));
      const crowded = last - x < px(12); // strokes side by side would hide the lines
      if (!crowded) last = x;
      c.strokeStyle = c.fillStyle = colours[tone];
      c.lineWidth = px(1);
      c.setLineDash([px(2), px(3)]);
      c.beginPath();
      c.moveTo(x, top);
      c.lineTo(x, top + (crowded ? px(6) : height));
      c.stroke();
      if (crowded) continue;
      c.beginPath(); // pointing down: gone, up: back; a square: else
      const [base, tip] = tone === 'away' ? [top, top + px(8)] : [top + px(8), top];
      if (tone === 'plain') c.rect(x - px(3), top, px(6), px(6));
      else for (const [dx, y] of [[-px(5), base], [px(5), base], [0, tip]] as const) c.lineTo(x + dx, y);
      c.fill();
    }
  });
}

/** Cells over time: each bucket of each cell in the colour of how far it is from the mean. */
export function paintHeat(u: uPlot, t: readonly number[], step_s: number, rows: readonly (readonly (number | null)[])[], most: number): void {
  const [low, high, mean] = [token('--min'), token('--light'), token('--soft', '40')];
  const { top, height } = u.bbox;
  clipped(u, (c) => {
    rows.forEach((row, n) => {
      const [y0, y1] = [Math.round(top + (height * n) / rows.length), Math.round(top + (height * (n + 1)) / rows.length)];
      t.forEach((s, i) => {
        const v = row[i];
        if (v == null) return;
        const x0 = Math.floor(u.valToPos(s, 'x', true));
        const x1 = Math.ceil(u.valToPos(s + step_s, 'x', true));
        if (x1 < u.bbox.left || x0 > u.bbox.left + u.bbox.width) return;
        c.globalAlpha = 1;
        c.fillStyle = mean;
        c.fillRect(x0, y0, x1 - x0, y1 - y0 - 1);
        c.globalAlpha = Math.min(1, Math.abs(v) / most);
        c.fillStyle = v < 0 ? low : high;
        c.fillRect(x0, y0, x1 - x0, y1 - y0 - 1);
      });
    });
  });
}
