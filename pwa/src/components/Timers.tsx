import { useState } from 'preact/hooks';
import { ApiError } from '../api';
import { moment } from '../format';
import { useOrder, useRepeated } from '../hooks';
import { t, word } from '../i18n';
import { tell } from '../notice';
import { addTimer, cancelTimer, getTimers } from '../plug-api';
import { neverOff } from '../plugs';
import { pollSoon } from '../poll';
import { may, serverNow } from '../store';
import type { Action, Device, Timer } from '../types';
import { Choice } from './Choice';
import { Field, focusFirstError } from './Field';
import { minutesOf } from './OnFor';
import { isFar, timerText } from './PlugState';

const actions = ['on', 'off'] as const;
const EVERY_MS = 5000;
const HOUR_MS = 3_600_000;
const YEAR_MS = 365 * 24 * HOUR_MS;

/** As a field of date and time writes it, in the time of this device. */
function fieldOf(ms: number): string {
  const d = new Date(ms);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}T${two(d.getHours())}:${two(d.getMinutes())}`;
}

/** When, by what the form says; null: in the past, too far, or no time at all. */
function whenOf(way: 'in' | 'at', minutes: string, at: string): { in_s: number } | { at_ms: number } | null {
  if (way === 'in') {
    const n = minutesOf(minutes);
    return n ? { in_s: n * 60 } : null;
  }
  const at_ms = new Date(at).getTime();
  return at_ms > serverNow() && at_ms < serverNow() + YEAR_MS ? { at_ms } : null;
}

function AddTimer({ device, onAdded, onClose }: { device: Device; onAdded: () => Promise<void>; onClose: () => void }) {
  const { id, name } = device;
  const [action, setAction] = useState<Action>(device.values?.on && !neverOff(device) ? 'off' : 'on');
  const [way, setWay] = useState<'in' | 'at'>('in');
  const [minutes, setMinutes] = useState('30');
  const [at, setAt] = useState(() => fieldOf(serverNow() + HOUR_MS));
  const [checked, setChecked] = useState(false);
  const { busy, run, problem } = useOrder();
  const when = whenOf(way, minutes, at);
  async function onSubmit(e: Event) {
    e.preventDefault();
    setChecked(true);
    focusFirstError();
    if (!when) return;
    const done = await run(async () => {
      const timer = await addTimer({ device: id, action, ...when });
      tell(() => t('timerAdded', { name, x: timerText(timer) }), () => cancelTimer(timer.id).then(onAdded));
      await onAdded();
    });
    if (done) onClose();
  }
  return (
    <form class="device-form" onSubmit={onSubmit} noValidate aria-label={t('timerAdd')}>
      <Choice
        name={`timer-action-${id}`}
        label={t('timerWhat')}
        value={action}
        options={neverOff(device) ? [{ value: 'on', label: t('turnOn') }] : actions.map((value) => ({ value, label: t(value === 'on' ? 'turnOn' : 'turnOff') }))}
        onChange={setAction}
      />
      <Choice
        name={`timer-way-${id}`}
        label={t('timerWhen')}
        value={way}
        options={[
          { value: 'in', label: t('timerIn') },
          { value: 'at', label: t('timerAt') },
        ]}
        onChange={setWay}
      />
      {way === 'in' ? (
        <Field id={`timer-min-${id}`} label={t('minutes')} value={minutes} onInput={setMinutes} autocomplete="off" error={checked && !when ? t('minutesShape') : null} plain maxLength={4} />
      ) : (
        <div class="field">
          <label for={`timer-at-${id}`}>{t('timerTime')}</label>
          <div class="field-box">
            <input
              id={`timer-at-${id}`}
              type="datetime-local"
              value={at}
              min={fieldOf(serverNow())}
              aria-invalid={checked && !when ? true : undefined}
              aria-describedby={`timer-at-${id}-hint`}
              onInput={(e) => setAt(e.currentTarget.value)}
            />
          </div>
          <p class={checked && !when ? 'field-error' : 'hint'} id={`timer-at-${id}-hint`}>
            {t(checked && !when ? 'timerShape' : 'timerHint')}
          </p>
        </div>
      )}
      <p class="form-error" role="alert">
        {problem}
      </p>
      <div class="answers">
        <button class="button" type="button" onClick={onClose}>
          {t('cancel')}
        </button>
        <button class="button primary" type="submit" data-do="add-timer" disabled={busy}>
          {t('timerAdd')}
        </button>
      </div>
    </form>
  );
}

function Item({ timer, device, onGone }: { timer: Timer; device: Device; onGone: () => Promise<void> }) {
  const { busy, run, problem } = useOrder();
  const { id, action, at_ms, by, who, text } = timer;
  const onCancel = () =>
    run(async () => {
      await cancelTimer(id);
      const again = () => addTimer({ device: device.id, action, at_ms }).then(onGone);
      tell(() => t(by === 'limit' ? 'limitCancelled' : 'timerCancelled', { name: device.name }), at_ms > serverNow() ? again : undefined);
      await onGone();
    });
  return (
    <li class="timer" data-timer={id}>
      <div>
        <p>
          <b>{timerText(timer)}</b>
        </p>
        <p class="hint">
          {[!isFar(at_ms) && moment(at_ms), by !== 'user' && word('plugBy', by), who].filter(Boolean).join(' · ')}
        </p>
        {text && (
          <p class="hint" lang="en">
            {text}
          </p>
        )}
        {problem && (
          <p class="form-error" role="alert">
            {problem}
          </p>
        )}
      </div>
      {may('operator') && (
        <button class="button" type="button" data-do="cancel-timer" disabled={busy} onClick={() => void onCancel()}>
          {t('cancel')}
          <span class="sr"> {timerText(timer)}</span>
        </button>
      )}
    </li>
  );
}

/** When it will be switched, and by whose wish. */
export function Timers({ device }: { device: Device }) {
  const { id } = device;
  const [timers, setTimers] = useState<Timer[] | null>(null);
  const [failed, setFailed] = useState(false);
  const [adding, setAdding] = useState(false);
  const load = async () => {
    try {
      setTimers((await getTimers(id)).timers);
      setFailed(false);
    } catch (e) {
      if (!(e instanceof ApiError)) throw e;
      setFailed(true); // the next look is soon
    }
  };
  useRepeated(load, EVERY_MS, [id, device.timer?.id]);
  const onChange = async () => {
    pollSoon();
    await load();
  };
  return (
    <div class="timers" id={`timers-${id}`}>
      {!timers && <p class="hint">{t(failed ? 'detailsFailed' : 'loading')}</p>}
      {timers?.length === 0 && !adding && <p class="note">{t('noTimers')}</p>}
      <ul>
        {timers?.map((timer) => (
          <Item key={timer.id} timer={timer} device={device} onGone={onChange} />
        ))}
      </ul>
      {may('operator') &&
        (adding ? (
          <AddTimer device={device} onAdded={onChange} onClose={() => setAdding(false)} />
        ) : (
          <button class="button" type="button" data-do="new-timer" onClick={() => setAdding(true)}>
            {t('timerNew')}
          </button>
        ))}
    </div>
  );
}
