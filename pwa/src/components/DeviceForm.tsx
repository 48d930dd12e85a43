import { useState } from 'preact/hooks';
import { change } from '../devices';
import { useOrder } from '../hooks';
import { t, word } from '../i18n';
import { isBattery, isInverter, isPlug, isSocket } from '../kinds';
import { plugs } from '../lazy';
import { tell } from '../notice';
import type { Adapter, DeviceChange, DeviceConfig } from '../types';
import { Confirm } from './Dialog';
import { Field, focusFirstError } from './Field';
import { InverterOptions } from './InverterOptions';
import { RemoveDialog } from './RemoveDialog';
import { Select } from './Select';
import { isPairing } from './StateNote';

const PIN = /^[0-9A-Za-z]{4,16}$/;
const notifyWays = ['auto', 'fd', 'signal'] as const;
const numbers = new Set(['poll_s', 'energy_s', 'priority', 'estimated_w']);

const PlugOptions = plugs.part((m) => m.PlugOptions);

/** What the form's fields hold: the name, the options, a new PIN. */
export type Fields = Record<string, string>;

function wordsOf(options: DeviceConfig['options']): Fields {
  return Object.fromEntries(Object.entries(options).map(([k, v]) => [k, String(v)]));
}

function pinError({ pin }: Fields): string | null {
  return pin && !PIN.test(pin) ? t('pinShape') : null;
}

const MOST_W = 10_000;

/** Of a plug: no number of watts, or too many. */
export function estimateIsWrong({ estimated_w: w = '0' }: Fields): boolean {
  return !/^\s*\d*\s*$/.test(w) || Number(w) > MOST_W;
}

/** What was changed, and what brings it back; a PIN is not brought back. */
function difference(was: Fields, fields: Fields): { now: DeviceChange; back: DeviceChange } {
  const typed = (k: string, v: string) => (numbers.has(k) ? Number(v) : v);
  const changed = Object.entries(fields).filter(([k, v]) => v !== (was[k] ?? ''));
  const now = Object.fromEntries(changed.map(([k, v]) => [k, typed(k, v)]));
  const back = Object.fromEntries(changed.flatMap(([k]) => (k in was ? [[k, typed(k, was[k] ?? '')]] : [])));
  return { now, back };
}

function Secret({ device, pin, onPin, error }: { device: DeviceConfig; pin: string; onPin: (v: string) => void; error: string | null }) {
  const { busy, run, problem } = useOrder();
  const [asking, setAsking] = useState(false);
  const drop = async () => {
    if (await run(() => change(device.id, { pin: '' }))) setAsking(false);
  };
  return (
    <>
      <Field
        id={`pin-${device.id}`}
        label={t(device.has_pin ? 'pinReplace' : 'pin')}
        value={pin}
        onInput={onPin}
        autocomplete="off"
        hint={t(device.has_pin ? 'pinIsSet' : 'pinHint')}
        error={error}
        maxLength={16}
        secret
      />
      {device.has_pin && (
        <button class="link-button" type="button" data-do="drop-pin" onClick={() => setAsking(true)}>
          {t('pinRemove')}
        </button>
      )}
      {asking && (
        <Confirm
          id="drop-pin"
          title={t('pinRemoveTitle', { name: device.name })}
          text={t('pinRemoveText')}
          yes={t('pinRemove')}
          no={t('cancel')}
          busy={busy}
          problem={problem}
          onYes={() => void drop()}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  );
}

interface PartProps {
  device: DeviceConfig;
  adapters: Adapter[];
  /** What the fields hold, by the names of the options. */
  fields: Fields;
  onField: (key: string, value: string) => void;
  checked: boolean;
}

/** What is special about a battery. */
function BatteryOptions({ device, adapters, fields, onField, checked }: PartProps) {
  const { id } = device;
  const [wantsPin] = useState(isPairing(device.reason)); // as it was when the form was opened
  const names = [...new Set([...adapters.map((a) => a.name), device.options.adapter ?? ''])].filter(Boolean).sort();
  return (
    <details open={wantsPin}>
      <summary>{t('connectionOptions')}</summary>
      <div class="form-fields">
        <Select
          id={`adapter-${id}`}
          label={t('adapter')}
          value={fields['adapter'] ?? ''}
          onChange={(v) => onField('adapter', v)}
          options={[{ value: '', label: t('adapterAuto') }, ...names.map((value) => ({ value, label: value }))]}
        />
        <Select
          id={`notify-${id}`}
          label={t('notify')}
          value={fields['notify'] ?? 'auto'}
          onChange={(v) => onField('notify', v)}
          hint={t('notifyHint')}
          options={notifyWays.map((value) => ({ value, label: word('notifyWay', value) }))}
        />
        <Secret device={device} pin={fields['pin'] ?? ''} onPin={(v) => onField('pin', v)} error={checked ? pinError(fields) : null} />
      </div>
    </details>
  );
}

interface FormProps {
  device: DeviceConfig;
  adapters: Adapter[];
  onDone: () => void;
  onRemoved?: () => void;
}

/** What the owner may change of a device. */
export function DeviceForm({ device, adapters, onDone, onRemoved }: FormProps) {
  const { id } = device;
  const [was] = useState<Fields>({ name: device.name, ...wordsOf(device.options) });
  const [fields, setFields] = useState<Fields>(was);
  const [checked, setChecked] = useState(false);
  const [removing, setRemoving] = useState(false);
  const save = useOrder();
  const toggle = useOrder();
  const onField = (key: string, value: string) => setFields((f) => ({ ...f, [key]: value }));
  const name = fields['name'] ?? '';
  const nameError = name.trim() ? null : t('fieldRequired');

  async function onSubmit(e: Event) {
    e.preventDefault();
    setChecked(true);
    focusFirstError();
    if (nameError || pinError(fields) || estimateIsWrong(fields)) return;
    const { now, back } = difference(was, { ...fields, name: name.trim() });
    if (Object.keys(now).length > 0) {
      if (!(await save.run(() => change(id, now)))) return;
      tell(() => t('saved', { name: name.trim() }), Object.keys(back).length > 0 ? () => change(id, back) : undefined);
    }
    onDone();
  }

  const onToggle = () =>
    toggle.run(async () => {
      const enabled = !device.enabled;
      await change(id, { enabled });
      tell(() => t(enabled ? 'enabledDone' : 'disabledDone', { name: device.name }), () => change(id, { enabled: !enabled }));
    });

  const part: PartProps = { device, adapters, fields, onField, checked };
  return (
    <form class="device-form" onSubmit={onSubmit} noValidate aria-label={t('manageOf', { name: device.name })}>
      <Field id={`name-${id}`} label={t('name')} value={name} onInput={(v) => onField('name', v)} autocomplete="off" error={checked ? nameError : null} maxLength={64} />
      {isBattery(device) && <BatteryOptions {...part} />}
      {isInverter(device) && <InverterOptions id={id} fields={fields} onField={onField} />}
      {isPlug(device) && <PlugOptions device={device} fields={fields} onField={onField} />}
      <p class="form-error" role="alert">
        {save.problem ?? toggle.problem}
      </p>
      <div class="answers">
        <button class="button" type="button" onClick={onDone}>
          {t('cancel')}
        </button>
        <button class="button primary" type="submit" data-do="save" disabled={save.busy}>
          {t('save')}
        </button>
      </div>
      <div class="form-more">
        <button class="link-button" type="button" data-do={device.enabled ? 'disable' : 'enable'} disabled={toggle.busy} onClick={() => void onToggle()}>
          {t(device.enabled ? 'disable' : 'enable')}
        </button>
        {!isSocket(device) && (
          <button class="link-button danger" type="button" data-do="remove" onClick={() => setRemoving(true)}>
            {t('removeDots')}
          </button>
        )}
      </div>
      {removing && <RemoveDialog device={device} onClose={() => setRemoving(false)} onRemoved={onRemoved} />}
    </form>
  );
}
