import { t, word } from '../i18n';
import { qualityNow } from '../store';
import type { Device } from '../types';

/** The state of the link in words; a live link with old data says so. */
export function StateChip({ device }: { device: Pick<Device, 'state' | 'quality' | 'age_ms'> }) {
  const old = device.state === 'live' && qualityNow(device.quality, device.age_ms) === 'stale';
  const look = old ? 'old' : device.state === 'live' ? 'live' : device.state === 'disabled' || device.state === 'released' ? 'off' : 'away';
  return (
    <span class={`chip chip-${look}`}>
      <span class="dot" aria-hidden="true" />
      {old ? t('stale') : word('state', device.state)}
    </span>
  );
}
