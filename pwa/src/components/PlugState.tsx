import { duration, moment } from '../format';
import { hasWord, t, word } from '../i18n';
import { failureOf, dismiss, switchingOf } from '../orders';
import { isStrip, stateOf, wattsOf } from '../plugs';
import { problemText } from '../problem';
import { isDoubtful } from '../energy';
import { qualityNow, secondsUntil } from '../store';
import type { Device, Timer } from '../types';
import { Age } from './Age';
import { Close, Warning } from './Icons';
import { Num } from './Num';

const DAY_S = 86_400;

/** So far ahead that the moment says more than how long it is until then. */
export const isFar = (at_ms: number): boolean => (secondsUntil(at_ms) ?? 0) > DAY_S;

/** "off in 12 min", or the moment when it is far away. */
export function timerText({ action, at_ms }: Pick<Timer, 'action' | 'at_ms'>): string {
  const left = secondsUntil(at_ms);
  if (left === null) return t(action === 'on' ? 'timerOnNow' : 'timerOffNow');
  if (isFar(at_ms)) return t(action === 'on' ? 'timerOnAt' : 'timerOffAt', { x: moment(at_ms) });
  return t(action === 'on' ? 'timerOnIn' : 'timerOffIn', { x: duration(left) });
}

function textOf(device: Device): string {
  const state = stateOf(device);
  const pending = switchingOf(device);
  if (pending) return t(pending === 'on' ? 'switchingOn' : 'switchingOff');
  if (state === 'trouble' && device.reason) return word('plugReason', device.reason);
  if (state === 'old' && device.values?.on != null) return t(device.values.on ? 'wasOn' : 'wasOff');
  if (state === 'on' && isStrip(device)) return word('state', 'live');
  return word('plugState', state);
}

const looks = { on: 'live', off: 'off', old: 'old', away: 'away', trouble: 'away', mute: 'off', disabled: 'off' } as const;

/** On, off, or why nobody knows; then how old the last word of it is. */
export function PlugState({ device }: { device: Device }) {
  const state = stateOf(device);
  const pending = switchingOf(device) !== null;
  const known = state === 'on' || state === 'off';
  return (
    <>
      <span class={`chip chip-${pending ? 'off' : looks[state]}`} data-plug={pending ? 'switching' : state}>
        {state === 'trouble' ? <Warning /> : <span class="dot" aria-hidden="true" />}
        {textOf(device)}
      </span>
      {!known && state !== 'disabled' && device.age_ms !== null && <Age age_ms={device.age_ms} />}
      {device.timer && state !== 'disabled' && <span class="plug-timer">{timerText(device.timer)}</span>}
    </>
  );
}

/** What it draws now; an estimate is marked as such. */
export function PlugWatts({ device }: { device: Device }) {
  const state = stateOf(device);
  const { w, estimated } = wattsOf(device);
  if (isStrip(device) || (state !== 'on' && state !== 'off') || (w === null && (device.measures === false || state === 'off'))) return null;
  return (
    <span class="plug-watts" title={estimated ? t('estimated') : undefined}>
      {estimated && (
        <>
          <span aria-hidden="true">≈ </span>
          <span class="sr">{t('estimated')} </span>
        </>
      )}
      <Num v={w} digits={w !== null && w > 0 && w < 10 ? 1 : 0} u="W" doubtful={isDoubtful(qualityNow(device), device.suspect, 'power')} />
    </span>
  );
}

/** An order that failed: what happened and what to do, until it is read. */
export function PlugFailure({ device }: { device: Device }) {
  const failure = failureOf(device.id);
  if (!failure) return null;
  const { action, code, text, error } = failure;
  const unknown = code === 'unknown' || code === 'unconfirmed' || code === 'interrupted';
  return (
    <div class="plug-failure" role="alert" data-code={code ?? error?.code}>
      <div>
        <p>
          <b>{unknown ? t('switchUnknown', { name: device.name }) : t(action === 'on' ? 'switchOnFailed' : 'switchOffFailed', { name: device.name })}</b>
        </p>
        <p>
          {error && problemText(error)} {code && word('plugReason', code)}
        </p>
        {code && hasWord('plugAdvice', code) && <p>{word('plugAdvice', code)}</p>}
        {code && text && !hasWord('plugReason', code) && <p lang="en">{text}</p>}
      </div>
      <button class="icon-button" type="button" data-do="dismiss" onClick={() => dismiss(device.id)}>
        <Close />
        <span class="sr">{t('close')}</span>
      </button>
    </div>
  );
}
