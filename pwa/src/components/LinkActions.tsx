import { useEffect, useState } from 'preact/hooks';
import { change, connect, release } from '../devices';
import { duration } from '../format';
import { useOrder } from '../hooks';
import { t } from '../i18n';
import { isInverter, isPlug } from '../kinds';
import { may } from '../store';
import type { Device, DeviceState } from '../types';
import { OldProtocol } from './OldProtocol';

const RELEASE_S = 300;
/** The collector looks once a second; after this long the button may be pressed again. */
const PATIENCE_MS = 8000;

const away: readonly DeviceState[] = ['lost', 'resting', 'silent', 'asleep'];
/** Nothing can be asked of it: it is left alone, or there is no Bluetooth. */
const idle: readonly DeviceState[] = ['disabled', 'unavailable'];

interface ActionsProps {
  device: Pick<Device, 'id' | 'kind' | 'state' | 'reason'>;
  /** How long it is let go. */
  seconds?: number;
}

/** Let go for the maker's app, take it back, try now. */
export function LinkActions({ device, seconds = RELEASE_S }: ActionsProps) {
  const { busy, run, problem } = useOrder();
  const [asked, setAsked] = useState<DeviceState | null>(null);
  const { id, state } = device;
  const pauses = isInverter(device) || isPlug(device);
  useEffect(() => {
    const timer = setTimeout(() => setAsked(null), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [asked, state]);
  if (!may('operator') || idle.includes(state)) return null;
  const released = state === 'released';
  const waiting = busy || asked === state;
  const order = (what: () => Promise<void>) => {
    setAsked(state);
    void run(what).then((done) => done || setAsked(null));
  };
  return (
    <>
      {(released || away.includes(state)) && (
        <button class={`button${released ? ' primary' : ''}`} type="button" data-do="connect" disabled={waiting} onClick={() => order(() => connect(id))}>
          {t(!released ? 'connectNow' : pauses ? 'goOn' : 'takeBack')}
        </button>
      )}
      {device.reason === 'old_protocol' && may('admin') && <OldProtocol busy={waiting} onYes={() => order(() => change(id, { transport: 'aes' }))} />}
      {!released && !isPlug(device) && (
        <button class="button" type="button" data-do="release" disabled={waiting} onClick={() => order(() => release(id, seconds))}>
          {t(pauses ? 'pauseNow' : 'release', { x: duration(seconds) })}
        </button>
      )}
      {problem && (
        <p class="form-error" role="alert">
          {problem}
        </p>
      )}
    </>
  );
}
