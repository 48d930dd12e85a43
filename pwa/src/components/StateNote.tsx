import { countdown } from '../format';
import { hasWord, t, word } from '../i18n';
import { isInverter, isPlug, reasonsOf } from '../kinds';
import { secondsUntil } from '../store';
import type { Block, Device } from '../types';

type Of = Pick<Device, 'kind' | 'state' | 'until_ms' | 'reason' | 'detail'>;

const endings: Partial<Record<Device['state'], 'nextTry' | 'restingFor'>> = {
  lost: 'nextTry',
  resting: 'restingFor',
};

/** Whether a battery pairs, and how, depends on its firmware. */
const pairing = new Set<string | null>(['pairing_needed', 'pin_refused', 'pairing_failed']);

export const isPairing = (reason: string | null): boolean => pairing.has(reason);

function firmwareOf(info: Block | null | undefined): string | null {
  const { model, sw_version } = info?.values ?? {};
  return model && sw_version ? t('firmwareOf', { model: String(model), x: String(sw_version) }) : null;
}

interface NoteProps {
  device: Of;
  advice?: boolean;
  /** The adapter that the owner has chosen for it. */
  adapter?: string | undefined;
  info?: Block | null | undefined;
  /** The reason stands beside it already. */
  said?: boolean;
}

/** Why a device is not live and how it goes on; with `advice` also what to do about it. */
export function StateNote({ device, advice = false, adapter, info, said }: NoteProps) {
  const { state, reason, detail } = device;
  if (state === 'live') return null;
  const left = secondsUntil(device.until_ms);
  const pauses = isInverter(device);
  const plug = isPlug(device);
  const ending = state !== 'released' ? endings[state] : pauses ? 'pausedFor' : plug ? 'nextTry' : 'releasedFor';
  const why = state === 'released' || state === 'disabled' ? null : reason;
  // The others may work: it is this one that has to be plugged in, or given up.
  const chosen = why === 'adapter_absent' && adapter;
  const remedy = chosen ? 'adapter_chosen' : why;
  const remedies = plug ? 'plugAdvice' : pauses ? 'inverterAdvice' : 'advice';
  const firmware = isPairing(why) && firmwareOf(info);
  return (
    <div class="state-note">
      {why && !said && <p class={state === 'asleep' ? '' : 'reason'}>{chosen ? t('chosenAway', { x: chosen }) : word(reasonsOf(device), why)}</p>}
      {state === 'disabled' && advice && <p>{plug ? word('plugReason', 'disabled') : t(pauses ? 'disabledNoteInverter' : 'disabledNote')}</p>}
      {ending && left !== null && (
        <p class="next" data-until={left}>
          {t(ending, { x: countdown(left) })}
        </p>
      )}
      {advice && remedy && hasWord(remedies, remedy) && (
        <p class="advice">
          <b>{t('whatToDo')}</b> {word(remedies, remedy)}
        </p>
      )}
      {advice && firmware && <p class="hint">{firmware}</p>}
      {advice && why === 'bad_config' && detail && (
        <p class="hint" lang="en">
          {detail}
        </p>
      )}
    </div>
  );
}
