import { t, word } from '../i18n';
import { isInverter } from '../kinds';
import { qualityNow } from '../store';
import type { Aged, Device, DeviceState } from '../types';

/** Nothing is wrong with these: it is meant to be so. */
const calm: readonly DeviceState[] = ['disabled', 'released', 'asleep'];

/** The state of the link in words; a live link with old data says so. */
export function StateChip({ device }: { device: Pick<Device, 'kind' | 'state' | keyof Aged> }) {
  const { state } = device;
  const old = state === 'live' && qualityNow(device) === 'stale';
  const look = old ? 'old' : state === 'live' ? 'live' : calm.includes(state) ? 'off' : 'away';
  return (
    <span class={`chip chip-${look}`}>
      <span class="dot" aria-hidden="true" />
      {old ? t('stale') : state === 'released' && isInverter(device) ? t('paused') : word('state', state)}
    </span>
  );
}
