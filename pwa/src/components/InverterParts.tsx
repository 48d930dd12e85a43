import { isDoubtful, kilo } from '../energy';
import { factsOf, restOf } from '../flat';
import { duration, num, qty, unit } from '../format';
import { units, type MetricKey } from '../gen/metrics';
import { inner, t, word } from '../i18n';
import { columnNames, groups, infoHidden, infoOrder, ways, type Group, type Table } from '../inverter-keys';
import { qualityNow } from '../store';
import { channels, type Block, type Device } from '../types';
import { Facts, type FactRow } from './Facts';
import { Num } from './Num';
import { Part } from './Part';

const DRIFT_S = 60; // so far off, its timetable is too
const RIGHT_S = 5;

/** Of powers, voltages, currents, …: what the API has more is noise. */
function digitsOf(k: MetricKey): number {
  const u = units[k];
  if (u === 'V') return /^b/.test(k) ? 2 : 1; // of a battery or its BMS
  return u === 'Hz' ? 2 : (u === 'A' && !k.endsWith('_limit')) || u === '°C' ? 1 : 0;
}

function doubtful(device: Device, key: string): boolean {
  return isDoubtful(qualityNow(device), device.suspect, key);
}

/** One measurement, in the words of its kind; null: this inverter has no such thing. */
function valueOf(device: Device, k: Group['facts'][number], { facts, named }: Group): FactRow | null {
  const v = device.values?.[k];
  if (v == null) return null;
  const first = !named && units[k] !== '' && facts.find((f) => units[f] === units[k]) === k;
  const row = (value: FactRow['value']): FactRow => ({ label: first ? word('quantity', units[k]) : word('metric', k), value });
  if (typeof v === 'boolean') return row(t(v ? 'relayClosed' : 'relayOpen'));
  if (k === 'bms_alarm' || k === 'bms_fault') return v ? row(`0x${v.toString(16)}`) : null;
  const way = ways[k];
  const u = units[k];
  return row(
    <>
      <Num v={v} digits={digitsOf(k)} u={u} sign={way !== undefined} doubtful={doubtful(device, k)} />
      {way && v !== 0 && <small class="way">{inner(t(way[v > 0 ? 0 : 1]))}</small>}
    </>,
  );
}

type List = (number | null)[];

function listOf(device: Device, k: MetricKey): List {
  const v = device.values?.[k];
  return Array.isArray(v) ? (v as List) : [];
}

/** One row a phase or string. Rows that the inverter does not have are zeros, or not there. */
function LineTable({ device, table, count }: { device: Device; table: Table; count: number | undefined }) {
  const columns = table.columns.map((k) => ({ k, all: listOf(device, k) })).filter(({ all }) => all.some((v) => v !== null));
  const most = Math.max(0, ...columns.map(({ all }) => all.length));
  const rows = [...Array(most).keys()].filter((i) => i < (count ?? most) || columns.some(({ all }) => all[i]));
  if (columns.length === 0 || (table.quiet && columns.every(({ all }) => !all.some((v) => v)))) return null;
  return (
    <table class="lines lines-even">
      {table.title && <caption>{t(table.title)}</caption>}
      <thead>
        <tr>
          <td />
          {columns.map(({ k }) => (
            <th key={k} scope="col">
              {columnNames[k] ? t(columnNames[k]) : word('quantity', units[k])}
              <small>{unit(units[k])}</small>
              {doubtful(device, k) && <b class="doubt-mark" title={t('doubtful')}>?</b>}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((i) => (
          <tr key={i}>
            <th scope="row">{`${table.rows}${i + 1}`}</th>
            {columns.map(({ k, all }) => (
              <td key={k} class="num">
                {num(all[i], digitsOf(k))}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** All that is measured, by what it is measured of. */
export function Measured({ device, info }: { device: Device; info: Block | null }) {
  const count = (k: string) => (typeof info?.values[k] === 'number' ? Number(info.values[k]) : undefined);
  return (
    <>
      {groups.map((group) => {
        const { id, title, facts, tables } = group;
        const rows = facts.flatMap((k) => valueOf(device, k, group) ?? []);
        return rows.length === 0 ? null : (
          <Part key={id} title={t(title)} id={id}>
            <Facts facts={rows} />
            {tables.map((table) => (
              <LineTable key={table.columns[0]} device={device} table={table} count={count(table.rows === 'L' ? 'phases' : 'mppts')} />
            ))}
          </Part>
        );
      })}
    </>
  );
}

/** What its own counters say, of its day and of its life. */
export function Energies({ device }: { device: Device }) {
  const cell = (k: `${'day' | 'total'}_${(typeof channels)[number]}_wh`) => {
    const kwh = kilo(device.values?.[k]);
    return (
      <td class="num">
        {num(kwh, kwh !== null && kwh >= 1000 ? 0 : 1)}
        {doubtful(device, k) && <b class="doubt-mark" title={t('doubtful')}>?</b>}
      </td>
    );
  };
  const counted = channels.filter((c) => device.values?.[`total_${c}_wh`] ?? device.values?.[`day_${c}_wh`]);
  if (counted.length === 0) return null;
  return (
    <Part title={t('counters')} note={unit('kWh')} id="energies">
      <table class="lines lines-even">
        <thead>
          <tr>
            <td />
            <th scope="col">{t('today')}</th>
            <th scope="col">{t('inTotal')}</th>
          </tr>
        </thead>
        <tbody>
          {counted.map((c) => (
            <tr key={c}>
              <th scope="row">{word('channel', c)}</th>
              {cell(`day_${c}_wh`)}
              {cell(`total_${c}_wh`)}
            </tr>
          ))}
        </tbody>
      </table>
      <p class="hint">{t('countersHint')}</p>
    </Part>
  );
}

/** How it works, and by which clock. */
export function Running({ device }: { device: Device }) {
  const { run_state: state, clock_drift_s: drift } = device.values ?? {};
  const facts: FactRow[] = [];
  if (state != null) facts.push({ label: word('metric', 'run_state'), value: word('code', `run_state_${state}`) });
  if (drift != null)
    facts.push({ label: t('clock'), value: Math.abs(drift) < RIGHT_S ? t('clockRight') : t(drift > 0 ? 'clockAhead' : 'clockBehind', { x: duration(Math.abs(drift)) }) });
  if (facts.length === 0) return null;
  return (
    <Part title={t('running')} id="running">
      <Facts facts={facts} />
      {drift != null && Math.abs(drift) > DRIFT_S && <p class="advice">{t('clockAdvice')}</p>}
    </Part>
  );
}

/** 0x0104 is version 1.4. */
function readable(v: Record<string, unknown>): Record<string, unknown> {
  const { protocol_version: p, rated_power_w: w } = v;
  return {
    ...v,
    ...(typeof p === 'number' && { protocol_version: `${p >> 8}.${p & 255}` }),
    ...(typeof w === 'number' && { rated_power_w: qty(w / 1000, w % 1000 ? 1 : 0, 'kW') }),
  };
}

export function AboutInverter({ info }: { info: Block | null }) {
  const v = info && readable(info.values);
  const rest = v ? factsOf('info', v, restOf(v, [infoOrder, infoHidden])) : [];
  return (
    <Part title={t('about')} id="about">
      {v ? <Facts facts={factsOf('info', v, infoOrder)} /> : <p class="note">{t('notSentYetInverter')}</p>}
      {rest.length > 0 && (
        <details>
          <summary>{t('more')}</summary>
          <Facts facts={rest} />
        </details>
      )}
    </Part>
  );
}
