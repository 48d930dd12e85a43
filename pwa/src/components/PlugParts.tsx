import { isDoubtful, kilo } from '../energy';
import { factsOf, restOf } from '../flat';
import { ago, duration, num, qty } from '../format';
import { t, word } from '../i18n';
import { isSocket, pageOf } from '../kinds';
import { isStrip, neverOff, socketsOf, stateOf } from '../plugs';
import { Link } from '../router';
import { ageNow, deviceById, qualityNow } from '../store';
import type { Block, Device, DeviceDetails, Flat, PlugLink } from '../types';
import { Facts, type FactRow } from './Facts';
import { LinkActions } from './LinkActions';
import { Num } from './Num';
import { OutageText } from './LinkPart';
import { Part } from './Part';
import { Signal } from './Signal';

const energies = ['energy_today_wh', 'energy_month_wh'] as const;
const runtimes = ['runtime_today_s', 'runtime_month_s'] as const;

const DRIFT_S = 300;

/** The hours of a month are more to the point than its days. */
const hours = (s: number) => (s < 3600 ? duration(s) : qty(s / 3600, s < 360_000 ? 1 : 0, 'h'));

/** What it has used, and for how long it was on. */
export function energyFacts(device: Device): FactRow[] {
  const v = device.values ?? {};
  const bad = (k: string) => isDoubtful(qualityNow(device), device.suspect, k);
  return [
    ...energies.flatMap((k) => (v[k] == null ? [] : [{ label: word('metric', k), value: <Num v={kilo(v[k])} digits={(v[k] ?? 0) < 10_000 ? 2 : 1} u="kWh" doubtful={bad(k)} /> }])),
    ...runtimes.flatMap((k) => (v[k] == null ? [] : [{ label: word('metric', k), value: hours(v[k] ?? 0) }])),
  ];
}

/** Its days and months begin by its own clock. */
function ClockAdvice({ device }: { device: Device }) {
  const drift = device.values?.clock_drift_s;
  if (drift == null || Math.abs(drift) <= DRIFT_S) return null;
  return <p class="advice">{t(drift > 0 ? 'plugClockAhead' : 'plugClockBehind', { x: duration(Math.abs(drift)) })}</p>;
}

export function PlugEnergy({ device }: { device: Device }) {
  const { on_time_s: since } = device.values ?? {};
  const facts = energyFacts(device);
  if (stateOf(device) === 'on' && since) facts.unshift({ label: word('metric', 'on_time_s'), value: duration(since) });
  if (facts.length === 0) return null;
  return (
    <Part title={t('energy')} id="plug-energy">
      <Facts facts={facts} />
      <ClockAdvice device={device} />
      {device.measures === false && <p class="hint">{t('noMeter')}</p>}
    </Part>
  );
}

/** Voltage and current, and what the plug itself will do. */
export function PlugMeasured({ device }: { device: Device }) {
  const { voltage, current, auto_off_s, countdown_s } = device.values ?? {};
  const facts: FactRow[] = [];
  if (voltage != null) facts.push({ label: word('metric', 'voltage'), value: <Num v={voltage} digits={1} u="V" /> });
  if (current != null) facts.push({ label: word('metric', 'current'), value: <Num v={current} digits={2} u="A" /> });
  if (countdown_s) facts.push({ label: word('metric', 'countdown_s'), value: duration(countdown_s) });
  if (auto_off_s) facts.push({ label: word('metric', 'auto_off_s'), value: duration(auto_off_s) });
  return facts.length === 0 ? null : (
    <Part title={t('measuredNowTitle')} id="plug-measured">
      <Facts facts={facts} />
    </Part>
  );
}

/** How important it is, and what the owner has noted. */
export function PlugMarks({ device, notes }: { device: Device; notes?: string | undefined }) {
  return (
    <div class="plug-marks">
      <p>
        <span>{t('priorityOf', { n: num(device.priority ?? 5) })}</span>
        {neverOff(device) && <b>{t('neverOffMark')}</b>}
        {!isStrip(device) && device.values?.power == null && !!device.estimated_w && <span>{t('estimatedOf', { x: qty(device.estimated_w, 0, 'W') })}</span>}
      </p>
      {notes && <p class="plug-notes">{notes}</p>}
    </div>
  );
}

const quality = ['success_pct', 'latency_ms', 'poll_s', 'reconnects', 'timeouts', 'errors'] as const;
const rest = ['requests', 'handshakes', 'stolen', 'readings', 'mac'] as const;

/** Somebody else talks to it too, and it bears but one. */
export function StolenHint({ link }: { link: PlugLink | null }) {
  return link?.stolen ? <p class="advice">{t('stolenHint', { n: num(link.stolen) })}</p> : null;
}

export function PlugLinkPart({ device }: { device: DeviceDetails }) {
  const link = (device.link ?? {}) as Flat;
  const heard = ageNow(device.age_ms);
  const strip = device.parent == null ? undefined : deviceById(device.parent);
  const rssi = device.values?.rssi;
  const facts: FactRow[] = [];
  if (strip) facts.push({ label: t('stripOf'), value: <Link to={pageOf(strip) ?? '/plugs'}>{strip.name}</Link> });
  if (!isSocket(device)) facts.push({ label: t('address'), value: <span class="mono">{device.address}</span> });
  if (heard !== null) facts.push({ label: t('lastReadingAt'), value: ago(heard) });
  if (rssi != null) facts.push({ label: t('rssi'), value: <Signal rssi={rssi} /> });
  if (link['transport']) facts.push({ label: t('transport'), value: word('plugTransport', String(link['transport'])) });
  const more = factsOf('link', link, rest);
  return (
    <Part title={t('plugLink')} id="link">
      <StolenHint link={device.link} />
      {device.outages && <OutageText outages={device.outages} />}
      <Facts facts={[...facts, ...factsOf('link', link, quality)]} />
      {device.detail && (
        <p class="hint" lang="en">
          {device.detail}
        </p>
      )}
      {more.length > 0 && (
        <details>
          <summary>{t('more')}</summary>
          <Facts facts={more} />
        </details>
      )}
      {!isSocket(device) && (
        <div class="device-actions">
          <LinkActions device={device} />
        </div>
      )}
    </Part>
  );
}

const infoOrder = ['model', 'nickname', 'firmware', 'hardware', 'mac', 'region', 'sockets', 'device_id'] as const;
const infoHidden = ['measures', 'components'] as const;

export function AboutPlug({ info }: { info: Block | null }) {
  const rows = info ? [...factsOf('info', info.values, infoOrder), ...factsOf('info', info.values, restOf(info.values, [infoOrder, infoHidden]))] : [];
  return rows.length === 0 ? null : (
    <Part title={t('about')} id="about">
      <Facts facts={rows} />
    </Part>
  );
}

/** "3 sockets, 2 on". */
export function SocketsCount({ device }: { device: Device }) {
  const sockets = socketsOf(device);
  const on = sockets.filter((d) => stateOf(d) === 'on').length;
  return <p class="hint">{t('socketsOn', { n: sockets.length || (device.sockets ?? 0), x: on })}</p>;
}
