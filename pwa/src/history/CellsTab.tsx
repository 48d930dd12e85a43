import { useSignal } from '@preact/signals';
import { useMemo, useState } from 'preact/hooks';
import { Choice } from '../components/Choice';
import { t } from '../i18n';
import { useAnswer } from './answers';
import { cellsTable, deviations, means } from './cells';
import { Chart, type Pointed } from './Chart';
import { Csv } from './Csv';
import { DataTable } from './DataTable';
import { Fold } from './Fold';
import { useHappenings } from './happenings';
import { HeatMap } from './HeatMap';
import { MarkList } from './MarkList';
import { place, seen, seenAhead, show } from './place';
import { Readout } from './Readout';
import { asked, cellsPath } from './requests';
import { stretchText } from './stamps';
import type { CellSeries } from './types';
import { Waiting } from './Waiting';
import { chosen, devicesOf } from './whose';

const hows = ['heat', 'mean', 'all'] as const;

export function CellsTab() {
  const device = chosen('cells') ?? devicesOf('cells')[0];
  const how = hows.find((h) => h === place.value.show) ?? 'heat';
  const stretch = asked();
  const { path, family } = device ? cellsPath(device.id, stretch) : { path: null, family: '' };
  const got = useAnswer<CellSeries>(path, family, seenAhead.value);
  const cells = got.answer;
  const happenings = useHappenings(stretch, device ? [device.id] : [], false);
  const pointed = useSignal<Pointed | null>(null);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const { mid, rows, table } = useMemo(() => {
    const m = cells ? means(cells) : [];
    return { mid: m, rows: cells ? deviations(cells, m) : [], table: cells && cellsTable(cells, m, how === 'all' ? 'all' : 'mean') };
  }, [cells, how]);
  const onToggle = (key: string) => {
    const next = new Set(hidden);
    if (!next.delete(key)) next.add(key);
    setHidden(next);
  };
  const caption = `${t('cells')}, ${device?.name ?? ''}: ${stretchText(seen.value)}`;
  const empty = cells?.t_s.length === 0;
  return (
    <div class="view" data-tier={cells?.tier} data-waiting={got.waiting}>
      <Choice
        name="cells-how"
        label={t('showAs')}
        value={how}
        options={hows.map((value) => ({ value, label: t(value === 'heat' ? 'asHeat' : value === 'mean' ? 'asMean' : 'asAll') }))}
        onChange={(v) => show({ show: v === 'heat' ? null : v })}
      />
      <Waiting asked={got} />
      {empty && <p class="note">{t('noCells')}</p>}
      {cells && table && !empty && (
        <>
          {how === 'heat' ? (
            <HeatMap caption={caption} cells={cells} mid={mid} rows={rows} pointed={pointed} {...happenings} />
          ) : (
            <>
              <Chart label={caption} table={table} hidden={hidden} reach="near" pointed={pointed} {...happenings} height={320} />
              <Readout table={table} waiting={got.waiting} pointed={pointed} marks={happenings.marks} hidden={hidden} onToggle={onToggle} />
            </>
          )}
          <Fold title={t('asTable')} id="as-table">
            {() => <DataTable table={how === 'heat' ? cellsTable(cells, mid, 'all') : table} caption={caption} />}
          </Fold>
          <Csv kind="battery" device={device?.id ?? null} tier={cells.tier} />
          <MarkList marks={happenings.marks} />
        </>
      )}
    </div>
  );
}
