import { countdown } from '../format';
import { hasWord, t, word } from '../i18n';
import { secondsUntil } from '../store';
import type { Device } from '../types';

type Of = Pick<Device, 'state' | 'until_ms' | 'reason' | 'detail'>;

const endings: Partial<Record<Device['state'], 'nextTry' | 'restingFor' | 'releasedFor'>> = {
  lost: 'nextTry',
  resting: 'restingFor',
  released: 'releasedFor',
};

/** Reasons whose detail names what the words of the page cannot: the firmware, the wrong option. */
const telling = new Set(['bad_config', 'pairing_needed', 'pin_refused', 'pairing_failed']);

/** Why a device is not live and how it goes on; with `advice` also what to do about it. */
export function StateNote({ device, advice = false }: { device: Of; advice?: boolean }) {
  const { state, reason, detail } = device;
  if (state === 'live') return null;
  const left = secondsUntil(device.until_ms);
  const ending = endings[state];
  const why = state === 'released' || state === 'disabled' ? null : reason;
  return (
    <div class="state-note">
      {why && <p class="reason">{word('reason', why)}</p>}
      {state === 'disabled' && advice && <p>{t('disabledNote')}</p>}
      {ending && left !== null && (
        <p class="next" data-until={left}>
          {t(ending, { x: countdown(left) })}
        </p>
      )}
      {advice && why && hasWord('advice', why) && (
        <p class="advice">
          <b>{t('whatToDo')}</b> {word('advice', why)}
        </p>
      )}
      {advice && why && detail && telling.has(why) && (
        <p class="hint" lang="en">
          {detail}
        </p>
      )}
    </div>
  );
}
