import { num, qty, unit } from '../format';
import { t } from '../i18n';
import type { Values } from '../gen/metrics';
import { Num } from './Num';

interface Scale {
  from: number;
  to: number;
}

/** Bars start a little below the lowest cell, so that millivolts can be seen; at least 20 mV wide. */
export function scaleOf(cells: number[]): Scale {
  const low = Math.min(...cells);
  const high = Math.max(...cells);
  const span = Math.max(0.02, (high - low) * 1.4);
  const middle = (low + high) / 2;
  const step = span > 0.2 ? 0.05 : 0.005;
  return {
    from: Math.max(0, Math.floor((middle - span / 2) / step) * step),
    to: Math.ceil((middle + span / 2) / step) * step,
  };
}

interface RowProps {
  n: number;
  v: number | null;
  scale: Scale;
  average: number;
  mark: 'max' | 'min' | null;
  doubtful: boolean;
}

function Row({ n, v, scale, average, mark, doubtful }: RowProps) {
  const width = v === null ? 0 : ((v - scale.from) / (scale.to - scale.from)) * 100;
  return (
    <tr role="row" class={mark ? `cell-${mark}` : ''}>
      <th role="rowheader" scope="row">
        {n}
      </th>
      <td role="presentation" class="bar" aria-hidden="true">
        <div class="bar-fill" style={{ width: `${Math.min(100, Math.max(0, width))}%` }} />
      </td>
      <td role="cell" class="volt">
        <Num v={v} digits={3} u="V" doubtful={doubtful} />
      </td>
      <td role="cell" class="off">
        {v === null ? '' : num((v - average) * 1000, 0, true)}
      </td>
      <td role="cell" class="mark">
        {mark && (
          <>
            <span aria-hidden="true">{mark === 'max' ? '▲' : '▼'}</span>
            <span class="sr">{t(mark)}</span>
          </>
        )}
      </td>
    </tr>
  );
}

/** The cells as a table that looks like a bar chart. */
export function CellTable({ values, doubtful }: { values: Values; doubtful: boolean }) {
  const cells = values.cell_voltages ?? [];
  const present = cells.filter((v): v is number => v != null);
  if (present.length === 0) return <p class="note">{t('noData')}</p>;
  const scale = scaleOf(present);
  const average = values.cell_average ?? present.reduce((a, b) => a + b, 0) / present.length;
  const markOf = (n: number) =>
    values.cell_max_number === n ? 'max' : values.cell_min_number === n ? 'min' : null;
  return (
    <>
      <table class="cells" role="table" aria-label={t('cells')}>
        <thead class="sr" role="rowgroup">
          <tr role="row">
            <th role="columnheader">{t('cell')}</th>
            <th role="presentation" />
            <th role="columnheader">{t('voltage')}</th>
            <th role="columnheader">{`${t('fromAverage')}, ${unit('mV')}`}</th>
            <th role="columnheader">{t('mark')}</th>
          </tr>
        </thead>
        <tbody role="rowgroup" style={{ '--rows': Math.ceil(cells.length / 2) }}>
          {cells.map((v, i) => (
            <Row
              key={i}
              n={i + 1}
              v={v}
              scale={scale}
              average={average}
              mark={markOf(i + 1)}
              doubtful={doubtful}
            />
          ))}
        </tbody>
      </table>
      <p class="hint">{t('scale', { a: qty(scale.from, 3, 'V'), b: qty(scale.to, 3, 'V') })}</p>
    </>
  );
}
