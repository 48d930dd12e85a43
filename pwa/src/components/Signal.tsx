import { qty } from '../format';
import { word } from '../i18n';

const levels: [number, string][] = [
  [-60, 'strong'],
  [-72, 'good'],
  [-84, 'weak'],
  [-Infinity, 'faint'],
];

/** Strength of the radio signal: bars, a word, and the number for those who compare. */
export function Signal({ rssi }: { rssi: number }) {
  const at = levels.findIndex(([from]) => rssi >= from);
  return (
    <span class={`signal signal-${levels[at]?.[1]}`}>
      <svg class="bars" viewBox="0 0 20 16" aria-hidden="true" focusable="false">
        {[0, 1, 2, 3].map((i) => (
          <rect key={i} class={i < levels.length - at ? 'bar-on' : ''} x={i * 5} y={11 - i * 3.5} width="3.5" height={5 + i * 3.5} rx="1" />
        ))}
      </svg>
      <span>
        {word('signal', levels[at]?.[1] ?? '')}, <span class="num">{qty(rssi, 0, 'dBm')}</span>
      </span>
    </span>
  );
}
