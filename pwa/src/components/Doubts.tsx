import { t, word } from '../i18n';
import { qualityNow } from '../store';
import type { Device } from '../types';

/** Which measurements are not to be trusted. */
export function Doubts({ device }: { device: Device }) {
  if (qualityNow(device) !== 'suspect' || device.suspect.length === 0) return null;
  return <p class="suspect">{t('doubtfulList', { list: device.suspect.map((k) => word('metric', k).toLowerCase()).join(', ') })}</p>;
}
