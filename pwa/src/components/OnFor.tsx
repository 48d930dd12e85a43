import { useState } from 'preact/hooks';
import { duration } from '../format';
import { t } from '../i18n';
import { switchingOf } from '../orders';
import { neverOff, stateOf } from '../plugs';
import { may } from '../store';
import type { Device } from '../types';
import { Choice } from './Choice';
import { Field, focusFirstError } from './Field';
import { useSwitch } from './PlugSwitch';

const spans = ['15', '30', '60', '120', 'own'] as const;
const MOST_MIN = 1440;

/** Whole minutes from 1 to a day; null: something else. */
export function minutesOf(s: string): number | null {
  const n = Number(s);
  return /^\s*\d{1,4}\s*$/.test(s) && n >= 1 && n <= MOST_MIN ? n : null;
}

/** Switched on, and off by itself: svitlo sees to it, and the plug too if svitlo is not there. */
export function OnFor({ device }: { device: Device }) {
  const [span, setSpan] = useState<(typeof spans)[number]>('30');
  const [own, setOwn] = useState('');
  const [checked, setChecked] = useState(false);
  const { turn, question } = useSwitch(device);
  // what is never to go off by itself has no time that ends
  if (!may('operator') || neverOff(device) || stateOf(device) === 'disabled') return null;
  const minutes = minutesOf(span === 'own' ? own : span);
  function onSubmit(e: Event) {
    e.preventDefault();
    setChecked(true);
    focusFirstError();
    if (minutes) turn('on', minutes * 60);
  }
  return (
    <form class="on-for form-fields" onSubmit={onSubmit} noValidate>
      <Choice
        name={`on-for-${device.id}`}
        label={t('onFor')}
        value={span}
        options={spans.map((value) => ({ value, label: value === 'own' ? t('ownMinutes') : duration(Number(value) * 60) }))}
        onChange={setSpan}
      />
      {span === 'own' && (
        <Field id={`own-${device.id}`} label={t('minutes')} value={own} onInput={setOwn} autocomplete="off" error={checked && !minutes ? t('minutesShape') : null} plain maxLength={4} />
      )}
      <button class="button" type="submit" data-do="on-for" aria-busy={switchingOf(device) !== null} aria-disabled={switchingOf(device) !== null}>
        {switchingOf(device) ? t('switching') : minutes ? t('turnOnFor', { x: duration(minutes * 60) }) : t('turnOn')}
      </button>
      {question}
    </form>
  );
}
