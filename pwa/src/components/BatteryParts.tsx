import { isDoubtful, temperaturesOf } from '../energy';
import { duration, num, qty } from '../format';
import { plural, t, word } from '../i18n';
import { infoOrder, settingGroups } from '../bms-keys';
import { factsOf, restOf } from '../flat';
import { qualityNow } from '../store';
import type { Block, Device } from '../types';
import { CellTable } from './CellTable';
import { Fact, Facts, Measure, type FactRow } from './Facts';
import { Warning } from './Icons';
import { Num } from './Num';
import { Part } from './Part';

export function Cells({ device }: { device: Device }) {
  const v = device.values;
  const quality = qualityNow(device);
  if (!v) return null;
  const n = v.cell_voltages?.length;
  const mode = v.balancing === 1 ? 'balanceCharge' : v.balancing === 2 ? 'balanceDischarge' : 'balanceOff';
  return (
    <Part title={t('cells')} note={n ? `${n} ${plural('cells', n)}` : undefined} id="cells" class={`cells-part quality-${quality}`}>
      <dl class="facts cell-facts">
        <Fact label={t('delta')}>
          <Num v={v.cell_delta == null ? null : v.cell_delta * 1000} u="mV" doubtful={isDoubtful(quality, device.suspect, 'cell_delta')} />
        </Fact>
        <Measure device={device} k="cell_average" label={t('average')} digits={3} u="V" />
        <Fact label={t('highest')} class="fact-max">
          <Num v={v.cell_max} digits={3} u="V" />
          {v.cell_max_number != null && <small>▲ {t('cellNo', { n: v.cell_max_number })}</small>}
        </Fact>
        <Fact label={t('lowest')} class="fact-min">
          <Num v={v.cell_min} digits={3} u="V" />
          {v.cell_min_number != null && <small>▼ {t('cellNo', { n: v.cell_min_number })}</small>}
        </Fact>
      </dl>
      <CellTable values={v} doubtful={isDoubtful(quality, device.suspect, 'cell_voltages')} />
      <p class="balance">
        {t('balancing')}: <b>{v.balancing == null ? num(null) : t(mode)}</b>
        {v.balance_current != null && v.balance_current !== 0 && <>, {qty(v.balance_current, 2, 'A', true)}</>}
      </p>
    </Part>
  );
}

function OnOff({ on }: { on: boolean }) {
  return (
    <span class={on ? 'switch switch-on' : 'switch switch-off'}>
      <span class="dot" aria-hidden="true" />
      {t(on ? 'on' : 'off')}
    </span>
  );
}

export function Switches({ device }: { device: Device }) {
  const v = device.values;
  const keys = ['charge_fet', 'discharge_fet', 'precharge_fet', 'heating'] as const;
  const facts: FactRow[] = keys.flatMap((k) => {
    const on = v?.[k];
    return on == null ? [] : [{ label: word('metric', k), value: <OnOff on={Boolean(on)} /> }];
  });
  if (facts.length === 0) return null;
  return (
    <Part title={t('switches')}>
      <Facts facts={facts} />
    </Part>
  );
}

export function Temperatures({ device }: { device: Device }) {
  const v = device.values;
  const facts: FactRow[] = temperaturesOf(v).map((x) => ({
    label: `T${x.n}`,
    value: <Num v={x.c} digits={1} u="°C" />,
  }));
  if (v?.mos_temperature != null)
    facts.push({ label: t('mos'), value: <Num v={v.mos_temperature} digits={1} u="°C" /> });
  if (facts.length === 0) return null;
  return (
    <Part title={t('temperatures')}>
      <Facts facts={facts} />
    </Part>
  );
}

export function Wear({ device }: { device: Device }) {
  const v = device.values;
  const facts: FactRow[] = [];
  if (v?.soh != null) facts.push({ label: word('metric', 'soh'), value: qty(v.soh, 0, '%') });
  if (v?.cycle_count != null) facts.push({ label: word('metric', 'cycle_count'), value: num(v.cycle_count) });
  if (v?.total_cycle_ah != null)
    facts.push({ label: word('metric', 'total_cycle_ah'), value: qty(v.total_cycle_ah, 0, 'Ah') });
  if (v?.uptime_s != null) facts.push({ label: word('metric', 'uptime_s'), value: duration(v.uptime_s) });
  if (facts.length === 0) return null;
  return (
    <Part title={t('health')}>
      <Facts facts={facts} />
    </Part>
  );
}

export function Wires({ device }: { device: Device }) {
  const wires = device.values?.wire_resistances;
  if (!wires?.some((r) => r != null)) return null;
  const warned = device.values?.wire_warnings ?? 0;
  const isHigh = (i: number) => Math.floor(warned / 2 ** i) % 2 === 1;
  const high = wires.map((_, i) => i).filter(isHigh);
  return (
    <Part title={t('resistances')} note={word('unit', 'mΩ')}>
      <ol class="wires">
        {wires.map((r, i) => (
          <li key={i} class={isHigh(i) ? 'wire-high' : ''}>
            <span class="wire-n">{i + 1}</span>
            <span class="num">{num(r == null ? null : r * 1000)}</span>
          </li>
        ))}
      </ol>
      {high.length > 0 && (
        <p class="wire-warning">
          <Warning />
          {t('wiresHigh', { list: high.map((i) => t('cellNo', { n: i + 1 })).join(', ') })}
        </p>
      )}
    </Part>
  );
}

export function About({ info }: { info: Block | null }) {
  const v = info?.values;
  const rest = v ? factsOf('info', v, restOf(v, [infoOrder])) : [];
  return (
    <Part title={t('about')}>
      {v ? <Facts facts={factsOf('info', v, infoOrder)} /> : <p class="note">{t('notSentYet')}</p>}
      {rest.length > 0 && (
        <details>
          <summary>{t('more')}</summary>
          <Facts facts={rest} />
        </details>
      )}
    </Part>
  );
}

export function BmsSettings({ settings }: { settings: Block | null }) {
  const v = settings?.values;
  if (!v)
    return (
      <Part title={t('bmsSettings')}>
        <p class="note">{t('notSentYet')}</p>
      </Part>
    );
  const groups = Object.entries(settingGroups) as [string, readonly string[]][];
  const rest = restOf(v, [...Object.values(settingGroups), ['protocol']]); // it stands in the info
  return (
    <Part title={t('bmsSettings')} class="bms-settings">
      <p class="hint">{t('bmsSettingsHint')}</p>
      {[...groups, ['other', rest] as const].map(([group, keys]) => {
        const facts = factsOf('set', v, keys);
        return facts.length === 0 ? null : (
          <details key={group} open={group === 'cells'}>
            <summary>{word('group', group)}</summary>
            <Facts facts={facts} />
          </details>
        );
      })}
    </Part>
  );
}
