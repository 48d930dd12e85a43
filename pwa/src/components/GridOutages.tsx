import { getGridOutages } from '../api';
import { kilo, LEAST_WH } from '../energy';
import { duration, lasted, moment, num, qty } from '../format';
import { t } from '../i18n';
import { serverNow } from '../store';
import type { GridOutage } from '../types';
import { Log } from './Log';

function Item({ outage }: { outage: GridOutage }) {
  const { from_ms, to_ms, unsure_ms, soc_from, soc_to, battery_wh } = outage;
  const span = to_ms === null ? duration((serverNow() - from_ms) / 1000) : lasted(to_ms - from_ms);
  const details = [
    soc_from !== null && soc_to === null && t('outageSocAt', { x: qty(soc_from, 0, '%') }),
    soc_from !== null && soc_to !== null && num(soc_from) !== num(soc_to) && t('outageSoc', { a: num(soc_from), b: num(soc_to) }),
    battery_wh !== null && battery_wh >= LEAST_WH && t('outageUsed', { x: qty(kilo(battery_wh), 1, 'kWh') }),
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
  return (
    <Log
      id="grid-outages"
      title={t('gridOutages')}
      none={t('noGridOutages')}
      act="older-outages"
      everyMs={10_000}
      page={5}
      fetch={async (before: GridOutage | null, limit) => (await getGridOutages(before?.from_ms ?? null, limit)).outages}
      keyOf={(o) => o.from_ms}
      item={(o) => <Item key={o.from_ms} outage={o} />}
      of={null}
    />
  );
}
