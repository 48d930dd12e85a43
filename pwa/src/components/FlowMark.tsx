import type { Flow } from '../energy';
import { t } from '../i18n';
import { ArrowDown, ArrowUp, Pause, Unknown } from './Icons';

const icons = { charging: ArrowUp, discharging: ArrowDown, resting: Pause, unknown: Unknown };

/** Direction of the current: arrow, word and colour. */
export function FlowMark({ flow, word = true }: { flow: Flow; word?: boolean }) {
  const Arrow = icons[flow];
  const text = flow === 'unknown' ? t('unknownFlow') : t(flow);
  return (
    <span class={`flow flow-${flow}`}>
      <Arrow />
      <span class={word ? '' : 'sr'}>{text}</span>
    </span>
  );
}
