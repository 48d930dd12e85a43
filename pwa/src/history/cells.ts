// Cells over time: how far each is from their mean, and lines of them.
import { t } from '../i18n';
import { lookOf, type Line, type Table, type Track } from './lines';
import type { Cell, CellSeries } from './types';

/** Of the cells that there is a value of; null: of none. */
function over(cells: readonly Cell[], fold: (all: number[]) => number): Cell {
  const all = cells.filter((v): v is number => v !== null);
  return all.length ? fold(all) : null;
}

const mean = (all: number[]) => all.reduce((a, b) => a + b, 0) / all.length;
const column = (rows: readonly Cell[][], i: number): Cell[] => rows.map((row) => row[i] ?? null);

export function means({ t_s, avg }: CellSeries): Cell[] {
  return t_s.map((_, i) => over(column(avg, i), mean));
}

/** Millivolts from the mean, of each cell over time. */
export function deviations({ avg }: CellSeries, mid: readonly Cell[]): Cell[][] {
  return avg.map((row) => row.map((v, i) => (v === null || mid[i] == null ? null : (v - mid[i]) * 1000)));
}

/** Where the colours end: 99 of 100 values are below, for one stray value must not make the rest pale. */
export function scaleOf(rows: readonly Cell[][]): number {
  const all = rows.flat().flatMap((v) => (v === null ? [] : [Math.abs(v)])).sort((a, b) => a - b);
  const most = all[Math.floor(all.length * 0.99)] ?? 0;
  return [5, 10, 15, 20, 30, 50, 75, 100, 150, 200, 300, 500].find((n) => n >= most) ?? 1000;
}

function track(key: string, label: string, look: Partial<Line>, avg: Cell[], band: Track['band']): Track {
  return { line: { key, label, device: 0, metric: key, colour: '--ink', ...look }, unit: 'V', digits: 3, avg, band };
}

export function cellsTable(series: CellSeries, mid: Cell[], how: 'mean' | 'all'): Table {
  const { t_s, avg, min, max, step_s, tier } = series;
  const best = (rows: readonly Cell[][], fold: (all: number[]) => number) => t_s.map((_, i) => over(column(rows, i), fold));
  const tracks =
    how === 'all'
      ? avg.map((row, n) => track(String(n + 1), t('cellNo', { n: n + 1 }), lookOf(n), row, null))
      : [
          track('max', t('highest'), { colour: '--max', dash: [9, 4] }, best(avg, (all) => Math.max(...all)), null),
          track('mean', t('average'), { width: 2.5 }, mid, { min: best(min, (all) => Math.min(...all)), max: best(max, (all) => Math.max(...all)) }),
          track('min', t('lowest'), { colour: '--min', dash: [3, 3] }, best(avg, (all) => Math.min(...all)), null),
        ];
  return { t: t_s, step_s, tier, tracks };
}
