import { useEffect, useRef, useState } from 'preact/hooks';
import { add, devices, freeName } from '../devices';
import { useOrder } from '../hooks';
import { t, word } from '../i18n';
import { isBattery } from '../kinds';
import { Link } from '../router';
import type { Found } from '../types';
import { Field } from './Field';
import { knownOf } from './SearchCard';
import { Signal } from './Signal';

interface NameFormProps {
  found: Found;
  onDone: () => void;
}

function NameForm({ found, onDone }: NameFormProps) {
  const [name, setName] = useState(() => freeName(t('packName'), isBattery));
  const [checked, setChecked] = useState(false);
  const { busy, run, problem } = useOrder();
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.querySelector('input')?.select(), []);
  const error = name.trim() ? null : t('fieldRequired');
  async function onSubmit(e: Event) {
    e.preventDefault();
    setChecked(true);
    if (!error && (await run(() => add({ name: name.trim(), address: found.address })))) onDone();
  }
  const advertised = found.name;
  return (
    <form ref={form} class="form-fields" onSubmit={onSubmit} noValidate>
      <Field id="new-name" label={t('name')} value={name} onInput={setName} autocomplete="off" error={checked ? error : null} maxLength={64} />
      {advertised && advertised !== name && (
        <button class="link-button" type="button" onClick={() => setName(advertised)}>
          {t('useName', { name: advertised })}
        </button>
      )}
      <p class="form-error" role="alert">
        {problem}
      </p>
      <div class="answers">
        <button class="button" type="button" onClick={onDone}>
          {t('cancel')}
        </button>
        <button class="button primary" type="submit" data-do="add" disabled={busy}>
          {t('add')}
        </button>
      </div>
    </form>
  );
}

interface ItemProps {
  found: Found;
  open: boolean;
  onOpen: (open: boolean) => void;
}

/** One device that the scan has heard. */
export function FoundItem({ found, open, onOpen }: ItemProps) {
  const { address, name, rssi, jk, why, connected } = found;
  // The scan knows what was added before it; the list knows what was added since, or removed.
  const added = devices.value ? knownOf(found)?.id : found.device;
  const item = useRef<HTMLLIElement>(null);
  const onDone = () => {
    onOpen(false);
    setTimeout(() => item.current?.querySelector<HTMLElement>('a, button')?.focus());
  };
  return (
    <li ref={item} class="found" data-address={address} data-jk={jk} data-added={added ?? 'no'}>
      <div class="found-line">
        <div>
          <p>
            <b>{name || t('nameless')}</b> <span class="mono">{address}</span>
          </p>
          <p class="found-facts">
            {rssi !== null && <Signal rssi={rssi} />}
            {why.length > 0 && <span>{t('knownBy', { list: why.map((w) => word('why', w)).join(', ') })}</span>}
          </p>
          {connected && added == null && <p class="reason">{t('foundConnected')}</p>}
        </div>
        {added != null ? (
          <p class="found-added">
            {t('alreadyAdded')} <Link to={`/battery/${added}`}>{devices.value?.find((d) => d.id === added)?.name ?? t('show')}</Link>
          </p>
        ) : (
          !open && (
            <button class="button" type="button" data-do="name" onClick={() => onOpen(true)}>
              {t(jk ? 'add' : 'addAnyway')}
              <span class="sr"> {name || address}</span>
            </button>
          )
        )}
      </div>
      {open && added == null && <NameForm found={found} onDone={onDone} />}
    </li>
  );
}
