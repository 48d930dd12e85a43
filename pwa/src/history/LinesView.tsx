import { useSignal } from '@preact/signals';
import { useMemo, useState } from 'preact/hooks';
import { useAnswer } from './answers';
import { Chart, type Pointed } from './Chart';
import { Csv, type CsvKind } from './Csv';
import { DataTable } from './DataTable';
import { Fold } from './Fold';
import { useHappenings } from './happenings';
import { t } from '../i18n';
import { MarkList } from './MarkList';
import { overlay, tableOf, type Line, type Table } from './lines';
import { place, seen, seenAhead, span } from './place';
import type { Reach } from './plot';
import { spanAround, stretchOf } from './range';
import { Readout } from './Readout';
import { asked, seriesPath } from './requests';
import { dateText, dayText, stretchText } from './stamps';
import type { Series } from './types';
import { Waiting } from './Waiting';
import { zone } from './zone';

const HEIGHT = 320;

/** Another day's lines, moved to where the day that is looked at is. */
function useCompared(lines: readonly Line[]) {
  const { compare, range, zoom } = place.value;
  const on = compare !== null && range === 'day' && lines.length > 0;
  const other = on ? stretchOf(spanAround('day', compare), zone.value) : null;
  const shift = other ? stretchOf(span.value, zone.value).from - other.from : 0;
  const own = asked();
  const asks = other && (zoom ? { ...own, from: own.from - shift, to: own.to - shift } : { ...other, points: own.points });
  const { path, family } = asks ? seriesPath(lines, asks) : { path: null, family: '' };
  return { ...useAnswer<Series>(path, `${family} ${compare}`, false), shift_s: shift / 1000, name: on ? dateText(compare) : '' };
}

interface LinesProps {
  title: string;
  lines: readonly Line[];
  reach: Reach;
  csv: CsvKind;
  /** They are of this device alone. */
  device: number | null;
  switches?: boolean;
}

/** A chart of lines, what it says where it is pointed at, and the same as a table. */
export function LinesView({ title, lines, reach, csv, device, switches = false }: LinesProps) {
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const pointed = useSignal<Pointed | null>(null);
  const stretch = asked();
  const { path, family } = seriesPath(lines, stretch);
  const main = useAnswer<Series>(path, family, seenAhead.value);
  const other = useCompared(lines);
  const happenings = useHappenings(
    stretch,
    lines.flatMap((l) => (typeof l.device === 'number' ? [l.device] : [])),
    switches,
  );
  const table = useMemo<Table | null>(() => {
    if (!main.answer) return null;
    const own = tableOf(main.answer, lines);
    return other.answer ? overlay(own, tableOf(other.answer, lines), other.shift_s, other.name) : own;
  }, [main.answer, other.answer, lines, other.shift_s, other.name]);
  const onToggle = (key: string) => {
    const next = new Set(hidden);
    if (!next.delete(key)) next.add(key);
    setHidden(next);
  };
  const oldest = main.answer?.oldest_ms;
  const caption = `${title}: ${stretchText(seen.value)}`;
  return (
    <div class="view" data-tier={main.answer?.tier} data-waiting={main.waiting}>
      <Waiting asked={main} oldest_ms={oldest} />
      {table && oldest !== null && (
        <>
          <Chart label={caption} table={table} hidden={hidden} reach={reach} pointed={pointed} {...happenings} height={HEIGHT} />
          <Readout table={table} waiting={main.waiting} pointed={pointed} marks={happenings.marks} hidden={hidden} onToggle={onToggle} />
          {oldest && oldest > seen.value.to && <p class="note">{t('nothingSince', { time: dayText(oldest) })}</p>}
          <Fold title={t('asTable')} id="as-table">
            {() => <DataTable table={table} caption={caption} />}
          </Fold>
          <Csv kind={csv} device={device} tier={table.tier} />
          <MarkList marks={happenings.marks} />
        </>
      )}
    </div>
  );
}
