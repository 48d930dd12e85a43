import { useState } from 'preact/hooks';
import { t } from '../i18n';
import { isTapped, order, switchingOf } from '../orders';
import { isStrip, neverOff, stateOf } from '../plugs';
import { may } from '../store';
import type { Action, Device } from '../types';
import { Confirm } from './Dialog';

/** Asks before what is never to be switched off is switched off all the same. */
export function useSwitch(device: Device) {
  const [asking, setAsking] = useState(false);
  const { id, name } = device;
  const turn = (action: Action, for_s?: number) => {
    if (isTapped(device)) return;
    if (action === 'off' && neverOff(device)) setAsking(true);
    else void order({ device: id, action, ...(for_s && { for_s }) });
  };
  const onYes = () => {
    setAsking(false);
    void order({ device: id, action: 'off', confirm: true });
  };
  const question = asking && (
    <Confirm
      id="never-off"
      title={t('neverOffTitle', { name })}
      text={t('neverOffText')}
      yes={t('turnOff')}
      no={t('cancel')}
      busy={false}
      problem={null}
      onYes={onYes}
      onClose={() => setAsking(false)}
    />
  );
  return { turn, question };
}

/** One tap; it moves when the plug has said that it did. */
export function PlugSwitch({ device }: { device: Device }) {
  const { turn, question } = useSwitch(device);
  const state = stateOf(device);
  const pending = switchingOf(device);
  if (!may('operator') || isStrip(device) || (state !== 'on' && state !== 'off')) return null;
  const on = state === 'on';
  return (
    <>
      <button
        class="plug-switch"
        type="button"
        role="switch"
        data-do="switch"
        aria-checked={on}
        aria-busy={pending !== null}
        aria-disabled={pending !== null}
        aria-label={device.name}
        onClick={() => turn(on ? 'off' : 'on')}
      >
        <span class="plug-knob" />
      </button>
      <span class="sr" role="status">
        {pending && t(pending === 'on' ? 'switchingOn' : 'switchingOff')}
      </span>
      {question}
    </>
  );
}
