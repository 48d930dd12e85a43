import { useState } from 'preact/hooks';
import { change } from '../devices';
import { useOrder } from '../hooks';
import { t, word } from '../i18n';
import { tell } from '../notice';
import type { Adapter, DeviceChange, DeviceConfig } from '../types';
import { Confirm } from './Dialog';
import { Field, focusFirstError } from './Field';
import { RemoveDialog } from './RemoveDialog';
import { Select } from './Select';
import { isPairing } from './StateNote';

const PIN = /^[0-9A-Za-z]{4,16}$/;
const ways = ['auto', 'fd', 'signal'] as const;

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

interface FormProps {
  device: DeviceConfig;
  adapters: Adapter[];
  onDone: () => void;
}

/** What the owner may change of a device. */
export function DeviceForm({ device, adapters, onDone }: FormProps) {
  const { id, options } = device;
  const was = { name: device.name, notify: options.notify ?? 'auto', adapter: options.adapter ?? '' };
  const [name, setName] = useState(was.name);
  const [notify, setNotify] = useState(was.notify);
  const [adapter, setAdapter] = useState(was.adapter);
  const [pin, setPin] = useState('');
  const [checked, setChecked] = useState(false);
  const [removing, setRemoving] = useState(false);
  const [wantsPin] = useState(isPairing(device.reason)); // as it was when the form was opened
  const save = useOrder();
  const toggle = useOrder();
  const nameError = name.trim() ? null : t('fieldRequired');
  const pinError = pin && !PIN.test(pin) ? t('pinShape') : null;

  async function onSubmit(e: Event) {
    e.preventDefault();
    setChecked(true);
    focusFirstError();
    if (nameError || pinError) return;
    const back: DeviceChange = {};
    const now: DeviceChange = {};
    for (const [key, value] of Object.entries({ name: name.trim(), notify, adapter }) as [keyof typeof was, string][]) {
      if (value === was[key]) continue;
      now[key] = value;
      back[key] = was[key];
    }
    const undo = Object.keys(now).length > 0;
    if (pin) now.pin = pin;
    if (Object.keys(now).length > 0) {
      if (!(await save.run(() => change(id, now)))) return;
      const { name: newName = was.name } = now;
      tell(() => t('saved', { name: newName }), undo ? () => change(id, back) : undefined);
    }
    onDone();
  }

  const onToggle = () =>
    toggle.run(async () => {
      const enabled = !device.enabled;
      await change(id, { enabled });
      tell(() => t(enabled ? 'enabledDone' : 'disabledDone', { name: device.name }), () => change(id, { enabled: !enabled }));
    });

  const names = [...new Set([...adapters.map((a) => a.name), was.adapter])].filter(Boolean).sort();
  return (
    <form class="device-form" onSubmit={onSubmit} noValidate aria-label={t('manageOf', { name: device.name })}>
      <Field id={`name-${id}`} label={t('name')} value={name} onInput={setName} autocomplete="off" error={checked ? nameError : null} maxLength={64} />
      <details open={wantsPin}>
        <summary>{t('connectionOptions')}</summary>
        <div class="form-fields">
          <Select
            id={`adapter-${id}`}
            label={t('adapter')}
            value={adapter}
            onChange={setAdapter}
            options={[{ value: '', label: t('adapterAuto') }, ...names.map((value) => ({ value, label: value }))]}
          />
          <Select
            id={`notify-${id}`}
            label={t('notify')}
            value={notify}
            onChange={setNotify}
            hint={t('notifyHint')}
            options={ways.map((value) => ({ value, label: word('notifyWay', value) }))}
          />
          <Secret device={device} pin={pin} onPin={setPin} error={checked ? pinError : null} />
        </div>
      </details>
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
        <button class="link-button danger" type="button" data-do="remove" onClick={() => setRemoving(true)}>
          {t('removeDots')}
        </button>
      </div>
      {removing && <RemoveDialog device={device} onClose={() => setRemoving(false)} />}
    </form>
  );
}
