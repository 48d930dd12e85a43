import { useState } from 'preact/hooks';
import { add, devices, freeName } from '../devices';
import { useOrder } from '../hooks';
import { t } from '../i18n';
import { isBattery } from '../kinds';
import { tell } from '../notice';
import { Field, focusFirstError } from './Field';

/** "c8-47-80 123456" as "C8:47:80:12:34:56"; null when it is no Bluetooth address. */
export function addressOf(s: string): string | null {
  const digits = s.replace(/[\s:.-]/g, '').toUpperCase();
  return /^[0-9A-F]{12}$/.test(digits) ? (digits.match(/../g) ?? []).join(':') : null;
}

/** For a battery whose address is known, on its label or from the maker's app. */
export function AddByHand() {
  const [address, setAddress] = useState('');
  const [name, setName] = useState('');
  const [checked, setChecked] = useState(false);
  const { busy, run, problem } = useOrder();
  const free = freeName(t('packName'), isBattery);
  const whole = addressOf(address);
  const same = devices.value?.find((d) => d.address === whole);
  const error = !address.trim()
    ? t('fieldRequired')
    : !whole
      ? t('addressShape')
      : same
        ? t('addressTaken', { name: same.name })
        : null;
  async function onSubmit(e: Event) {
    e.preventDefault();
    setChecked(true);
    focusFirstError();
    if (!whole || error) return;
    const chosen = name.trim() || free;
    if (!(await run(() => add({ name: chosen, address: whole })))) return;
    tell(() => t('added', { name: chosen }));
    setAddress('');
    setName('');
    setChecked(false);
  }
  return (
    <details class="card by-hand" id="by-hand">
      <summary>{t('byHand')}</summary>
      <form class="form-fields" onSubmit={onSubmit} noValidate>
        <Field id="hand-address" label={t('btAddress')} value={address} onInput={setAddress} autocomplete="off" hint={t('addressHint')} error={checked ? error : null} plain maxLength={40} />
        <Field id="hand-name" label={t('name')} value={name} onInput={setName} autocomplete="off" hint={t('nameHint', { name: free })} maxLength={64} />
        <p class="form-error" role="alert">
          {problem}
        </p>
        <button class="button primary" type="submit" data-do="add-by-hand" disabled={busy}>
          {t('add')}
        </button>
      </form>
    </details>
  );
}
