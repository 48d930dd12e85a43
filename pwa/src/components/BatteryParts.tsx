import type { ComponentChildren } from 'preact';
import { isDoubtful, temperaturesOf } from '../energy';
import { duration, num, qty } from '../format';
import { plural, t, word } from '../i18n';
import { infoOrder, settingGroups } from '../bms-keys';
import { factsOf, restOf } from '../flat';
import { qualityNow } from '../store';
import type { Block, Device, DeviceDetails } from '../types';
import { CellTable } from './CellTable';
import { Facts, type Fact } from './Facts';
import { Warning } from './Icons';
import { Num } from './Num';

interface PartProps {
  title: string;
  note?: string | undefined;
  id?: string;
  class?: string;
  children: ComponentChildren;
}

export function Part({ title, note, id, children, class: className }: PartProps) {
  return (
    <section class={`card part ${className ?? ''}`} id={id}>
      <h2>
        {title}
        {note && <small>{note}</small>}
      </h2>
      {children}
    </section>
  );
}

export function Cells({ device }: { device: Device }) {
  const v = device.values;
  const quality = qualityNow(device.quality, device.age_ms);
  if (!v) return null;
  const n = v.cell_voltages?.length;
  const mode = v.balancing === 1 ? 'balanceCharge' : v.balancing === 2 ? 'balanceDischarge' : 'balanceOff';
  return (
    <Part title={t('cells')} note={n ? `${n} ${plural('cells', n)}` : undefined} id="cells" class={`cells-part quality-${quality}`}>
      <dl class="facts cell-facts">
        <div>
          <dt>{t('delta')}</dt>
          <dd>
            <Num v={v.cell_delta == null ? null : v.cell_delta * 1000} u="mV" doubtful={isDoubtful(quality, device.suspect, 'cell_delta')} />
          </dd>
        </div>
        <div>
          <dt>{t('average')}</dt>
          <dd>
            <Num v={v.cell_average} digits={3} u="V" />
          </dd>
        </div>
        <div class="fact-max">
          <dt>{t('highest')}</dt>
          <dd>
            <Num v={v.cell_max} digits={3} u="V" />
            {v.cell_max_number != null && <small>▲ {t('cellNo', { n: v.cell_max_number })}</small>}
          </dd>
        </div>
        <div class="fact-min">
          <dt>{t('lowest')}</dt>
          <dd>
            <Num v={v.cell_min} digits={3} u="V" />
            {v.cell_min_number != null && <small>▼ {t('cellNo', { n: v.cell_min_number })}</small>}
          </dd>
        </div>
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
  const facts: Fact[] = keys.flatMap((k) => {
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
  const facts: Fact[] = temperaturesOf(v).map((x) => ({
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
  const facts: Fact[] = [];
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

export function LinkPart({ device }: { device: DeviceDetails }) {
  const l = device.link;
  const facts: Fact[] = [{ label: t('address'), value: <span class="mono">{device.address}</span> }];
  if (l) {
    facts.push({ label: t('rssi'), value: qty(l.rssi, 0, 'dBm') });
    facts.push({ label: t('frames'), value: num(l.frames) });
    facts.push({ label: t('badFrames'), value: num(l.bad_frames) });
    facts.push({ label: t('reconnects'), value: num(l.reconnects) });
    facts.push({ label: t('mtu'), value: qty(l.mtu, 0, 'B') });
    if (l.notify) facts.push({ label: t('notify'), value: l.notify });
  }
  return (
    <Part title={t('link')}>
      <Facts facts={facts} />
      {device.detail && (
        <p class="hint" lang="en">
          {device.detail}
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
