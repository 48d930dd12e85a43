import { useState } from 'preact/hooks';
import { ApiError, getGridOutages } from '../api';
import { kilo } from '../energy';
import { duration, moment, num, qty } from '../format';
import { useOrder, useRepeated } from '../hooks';
import { t } from '../i18n';
import { serverNow } from '../store';
import type { GridOutage } from '../types';
import { Part } from './Part';

const EVERY_MS = 10_000;
const PAGE = 5;
const MORE = 50;

function Item({ outage }: { outage: GridOutage }) {
  const { from_ms, to_ms, unsure_ms, soc_from, soc_to, battery_wh } = outage;
  const span = duration(((to_ms ?? serverNow()) - from_ms) / 1000);
  const details = [
    soc_from !== null && (soc_to === null ? t('outageSocAt', { x: qty(soc_from, 0, '%') }) : t('outageSoc', { a: num(soc_from), b: num(soc_to) })),
    battery_wh !== null && t('outageUsed', { x: qty(kilo(battery_wh), 1, 'kWh') }),
    unsure_ms !== null && t('outageUnsure', { x: duration(unsure_ms / 1000) }),
  ].filter(Boolean);
  return (
    <li class={`event${to_ms === null ? ' event-away' : ''}`} data-over={to_ms !== null}>
      <time dateTime={new Date(from_ms).toISOString()}>{moment(from_ms)}</time>
      <p>
        <b>{to_ms === null ? t('outageLasts', { x: span }) : span}</b>
        {details.length > 0 && <small>{details.join(' · ')}</small>}
      </p>
    </li>
  );
}

/** When the grid was away, newest first. */
export function GridOutages() {
  const [newest, setNewest] = useState<GridOutage[] | null>(null);
  const [older, setOlder] = useState<GridOutage[]>([]);
  const [more, setMore] = useState(true);
  const { busy, run, problem } = useOrder();
  const load = async (signal: AbortSignal) => {
    try {
      const got = (await getGridOutages(null, PAGE)).outages;
      if (!signal.aborted) setNewest(got);
    } catch (e) {
      if (!(e instanceof ApiError)) throw e; // the next look is soon
    }
  };
  useRepeated(load, EVERY_MS, []);
  if (!newest) return null;
  const known = new Set(newest.map((o) => o.from_ms));
  const all = [...newest, ...older.filter((o) => !known.has(o.from_ms))];
  const onOlder = () =>
    run(async () => {
      const got = (await getGridOutages(all[all.length - 1]?.from_ms ?? null, MORE)).outages;
      setOlder([...all, ...got]);
      setMore(got.length === MORE);
    });
  return (
    <Part title={t('gridOutages')} id="grid-outages">
      {all.length === 0 && <p class="note">{t('noGridOutages')}</p>}
      <ol class="events">
        {all.map((o) => (
          <Item key={o.from_ms} outage={o} />
        ))}
      </ol>
      {problem && (
        <p class="form-error" role="alert">
          {problem}
        </p>
      )}
      {more && all.length >= PAGE && (
        <button class="link-button" type="button" data-do="older-outages" disabled={busy} onClick={() => void onOlder()}>
          {t('older')}
        </button>
      )}
    </Part>
  );
}
