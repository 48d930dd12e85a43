import { t, word } from '../i18n';
import { isBattery } from '../kinds';
import { qualityNow } from '../store';
import { calmStates, type Aged, type Device } from '../types';
import { Age } from './Age';

/** The state of the link in words, and how old the reading is; a live link with old data says so. */
export function StateChip({ device }: { device: Pick<Device, 'kind' | 'state' | keyof Aged> }) {
  const { state } = device;
  const old = state === 'live' && qualityNow(device) === 'stale';
  const look = old ? 'old' : state === 'live' ? 'live' : calmStates.includes(state) ? 'off' : 'away';
  return (
    <>
      <span class={`chip chip-${look}`}>
        <span class="dot" aria-hidden="true" />
        {old ? t('stale') : state === 'released' && !isBattery(device) ? t('paused') : word('state', state)}
      </span>
      {state !== 'disabled' && <Age age_ms={device.age_ms} />}
    </>
  );
}
