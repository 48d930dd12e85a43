import type { Signal } from '@preact/signals';
import { useCallback, useMemo } from 'preact/hooks';
import type uPlot from 'uplot';
import { MISSING, num, qty } from '../format';
import { t } from '../i18n';
import { scaleOf } from './cells';
import { Chart, type Pointed } from './Chart';
import type { Table } from './lines';
import { paintHeat, type Mark, type Shade } from './paint';
import { bucket } from './stamps';
import type { Cell, CellSeries } from './types';

interface HeatProps {
  caption: string;
  cells: CellSeries;
  /** Of all cells, over time. */
  mid: Cell[];
  /** Millivolts from it. */
  rows: Cell[][];
  pointed: Signal<Pointed | null>;
  marks: readonly Mark[];
  shades: readonly Shade[];
}

const nothingHidden: ReadonlySet<string> = new Set();

function AtCell({ cells, mid, rows, pointed }: Pick<HeatProps, 'cells' | 'mid' | 'rows' | 'pointed'>) {
  const p = pointed.value;
  if (!p) return <p class="hint">{t('heatHint')}</p>;
  const n = Math.min(cells.cells - 1, Math.max(0, Math.floor(p.y * cells.cells)));
  const [v, off, low, high] = [cells.avg[n]?.[p.i] ?? null, rows[n]?.[p.i] ?? null, cells.min[n]?.[p.i], cells.max[n]?.[p.i]];
  const s = cells.t_s[p.i];
  return (
    <div class="readout" data-pointed>
      <p class="readout-time">{s !== undefined && bucket(s * 1000, cells.step_s)}</p>
      <p class="readout-cell">
        <span>{t('cellNo', { n: n + 1 })}</span> <b class="num">{qty(v, 3, 'V')}</b>{' '}
        {v !== null && <span class="num">{t('offMean', { x: qty(off, 1, 'mV', true), mean: qty(mid[p.i], 3, 'V') })}</span>}{' '}
        {low != null && high != null && low < high && <small class="num">{`${num(low, 3)} … ${qty(high, 3, 'V')}`}</small>}
        {v === null && <span class="sr">{MISSING}</span>}
      </p>
    </div>
  );
}

/** Each cell a row, time to the right, the colour how far it is from the mean of all. */
export function HeatMap({ caption, cells, mid, rows, pointed, marks, shades }: HeatProps) {
  const most = useMemo(() => scaleOf(rows), [rows]);
  const paint = useCallback((u: uPlot) => paintHeat(u, cells.t_s, cells.step_s, rows, most), [cells, rows, most]);
  const table = useMemo<Table>(() => ({ t: cells.t_s, step_s: cells.step_s, tier: cells.tier, tracks: [] }), [cells]);
  const yAxis = useMemo<uPlot.Axis>(
    () => ({
      scale: 'y',
      grid: { show: false },
      splits: () => Array.from({ length: cells.cells }, (_, i) => cells.cells - i - 0.5),
      values: (_, all) => all.map((__, i) => (i % 2 && cells.cells > 12 ? '' : String(i + 1))),
    }),
    [cells.cells],
  );
  const height = Math.max(220, cells.cells * 17 + 60);
  return (
    <>
      <Chart label={caption} table={table} hidden={nothingHidden} reach={[0, cells.cells]} pointed={pointed} marks={marks} shades={shades} height={height} yAxis={yAxis} paint={paint} />
      <div class="heat-scale" aria-hidden="true">
        <span>{qty(-most, 0, 'mV')}</span>
        <span class="heat-colours" />
        <span>{qty(most, 0, 'mV', true)}</span>
      </div>
      <AtCell cells={cells} mid={mid} rows={rows} pointed={pointed} />
    </>
  );
}
