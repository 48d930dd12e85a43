import { useState } from 'preact/hooks';
import { factsOf } from '../flat';
import { ago, duration } from '../format';
import { t } from '../i18n';
import { ageNow, may } from '../store';
import type { DeviceDetails, Flat } from '../types';
import { Choice } from './Choice';
import { Facts, type FactRow } from './Facts';
import { LinkActions } from './LinkActions';
import { OutageText } from './LinkPart';
import { Part } from './Part';

const quality = ['transport', 'success_pct', 'latency_ms', 'poll_s', 'reconnects', 'timeouts', 'damaged', 'refused'] as const;
const rest = ['asked', 'answered', 'late', 'resent', 'heartbeats', 'unsolicited', 'foreign_bytes', 'block', 'serial', 'power_scale', 'battery_scale', 'day_scale', 'total_scale', 'clamp'] as const;

const pauses = ['300', '900', '1800', '3600'] as const;

/** How the link is, how often it was lost, and a pause for others who need it. */
export function InverterLink({ device }: { device: DeviceDetails }) {
  const [seconds, setSeconds] = useState<(typeof pauses)[number]>('300');
  const link = (device.link ?? {}) as Flat;
  const heard = ageNow(device.age_ms);
  const facts: FactRow[] = [{ label: t('address'), value: <span class="mono">{device.address}</span> }];
  if (heard !== null) facts.push({ label: t('lastReadingAt'), value: ago(heard) });
  const more = factsOf('link', link, rest);
  return (
    <Part title={t('inverterLink')} id="link">
      {device.outages && <OutageText outages={device.outages} />}
      <Facts facts={[...facts, ...factsOf('link', link, quality)]} />
      {device.detail && device.reason !== 'bad_config' && (
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
      {may('operator') && device.state !== 'disabled' && (
        <div class="pause" id="pause">
          <h3>{t('pause')}</h3>
          <p class="hint">{t('pauseHint')}</p>
          {device.state !== 'released' && (
            <Choice
              name="pause"
              label={t('pauseFor')}
              value={seconds}
              options={pauses.map((value) => ({ value, label: duration(Number(value)) }))}
              onChange={setSeconds}
            />
          )}
          <div class="device-actions">
            <LinkActions device={device} seconds={Number(seconds)} />
          </div>
        </div>
      )}
    </Part>
  );
}
