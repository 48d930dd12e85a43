import { duration, moment, num, qty } from '../format';
import { inner, plural, t, word } from '../i18n';
import { serverNow } from '../store';
import { cureNames, type DeviceDetails, type Link, type Outage, type Outages } from '../types';
import { Facts, type FactRow } from './Facts';
import { LinkActions } from './LinkActions';
import { Part } from './Part';
import { Signal, linkUp } from './Signal';
import { isPairing } from './StateNote';

function LastOutage({ last }: { last: Outage }) {
  const { t_ms, back_ms, reason, cure } = last;
  const why = reason ? inner(word('reason', reason)) : t('causeUnknown');
  const span = duration(((back_ms ?? serverNow()) - t_ms) / 1000);
  return (
    <>
      <p>{t('outageLast', { time: moment(t_ms), why })}</p>
      <p>
        {back_ms === null
          ? t('outageLasts', { x: span })
          : cure
            ? t('outageOver', { x: span, cure: word('cure', cure) })
            : t('outageOverAlone', { x: span })}
      </p>
    </>
  );
}

/** "3 outages in 24 h, 41 s in all", and the last one with its cause. */
export function OutageText({ outages }: { outages: Outages }) {
  const { count, lost_ms, last } = outages;
  return (
    <div class="outages" data-count={count}>
      <p>
        <b>
          {count === 0
            ? t('noOutages')
            : t('outagesOf', { n: count, outages: plural('outages', count), x: duration(lost_ms / 1000) })}
        </b>
      </p>
      {last && <LastOutage last={last} />}
    </div>
  );
}

function CureTable({ cures }: { cures: NonNullable<Link['cures']> }) {
  return (
    <details class="cures">
      <summary>{t('cures')}</summary>
      <p class="hint">{t('curesHint')}</p>
      <table>
        <thead>
          <tr>
            <th scope="col">{t('cureWhat')}</th>
            <th scope="col">{t('cureCount')}</th>
            <th scope="col">{t('cureWorked')}</th>
          </tr>
        </thead>
        <tbody>
          {cureNames.map((name) => {
            const c = cures[name];
            return (
              <tr key={name}>
                <th scope="row">
                  {word('cure', name)}
                  {c?.last_ms && <small>{t('lastAt', { time: moment(c.last_ms) })}</small>}
                </th>
                <td>{num(c?.count)}</td>
                <td>{num(c?.worked)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </details>
  );
}

function factsOf(device: DeviceDetails): FactRow[] {
  const l = device.link;
  const facts: FactRow[] = [{ label: t('address'), value: <span class="mono">{device.address}</span> }];
  if (!l) return facts;
  if (l.rssi != null) facts.push({ label: t('rssi'), value: <Signal rssi={l.rssi} old={!linkUp(device.state)} /> });
  facts.push({ label: t('frames'), value: num(l.frames) }, { label: t('badFrames'), value: num(l.bad_frames) });
  const bad = Object.entries(l.bad ?? {}).filter(([, n]) => n > 0);
  if (bad.length)
    facts.push({ label: t('badWhy'), value: bad.map(([why, n]) => `${word('bad', why)}: ${num(n)}`).join(', ') });
  facts.push({ label: t('reconnects'), value: num(l.reconnects) });
  if (l.adapter) facts.push({ label: t('adapter'), value: l.adapter });
  if (l.notify) facts.push({ label: t('notify'), value: word('notifyWay', l.notify) });
  if (l.mtu != null) facts.push({ label: t('mtu'), value: qty(l.mtu, 0, 'B') });
  return facts;
}

/** How the link is, how often it was lost, what brought it back. */
export function LinkPart({ device }: { device: DeviceDetails }) {
  const cures = device.link?.cures;
  return (
    <Part title={t('link')} id="link">
      {device.outages && <OutageText outages={device.outages} />}
      <Facts facts={factsOf(device)} />
      {device.detail && !isPairing(device.reason) && device.reason !== 'bad_config' && (
        <p class="hint" lang="en">
          {device.detail}
        </p>
      )}
      {cures && <CureTable cures={cures} />}
      <div class="device-actions">
        <LinkActions device={device} />
      </div>
    </Part>
  );
}
