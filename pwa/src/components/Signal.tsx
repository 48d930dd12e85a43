import { qty } from '../format';
import { t, word } from '../i18n';
import type { DeviceState } from '../types';

const levels: [number, string][] = [
  [-60, 'strong'],
  [-72, 'good'],
  [-84, 'weak'],
  [-Infinity, 'faint'],
];

export const linkUp = (state: DeviceState): boolean => state === 'live' || state === 'waiting' || state === 'silent';

/** Strength of the radio signal: bars, a word, and the number for those who compare; `old`: of when it was last heard. */
export function Signal({ rssi, old = false }: { rssi: number; old?: boolean }) {
  const at = levels.findIndex(([from]) => rssi >= from);
  return (
    <span class={`signal signal-${levels[at]?.[1]}`}>
      <svg class="bars" viewBox="0 0 20 16" aria-hidden="true" focusable="false">
        {[0, 1, 2, 3].map((i) => (
          <rect key={i} class={i < levels.length - at ? 'bar-on' : ''} x={i * 5} y={11 - i * 3.5} width="3.5" height={5 + i * 3.5} rx="1" />
        ))}
      </svg>
      <span>
        {old && `${t('lastHeard')} `}
        {word('signal', levels[at]?.[1] ?? '')}, <span class="num">{qty(rssi, 0, 'dBm')}</span>
      </span>
    </span>
  );
}
