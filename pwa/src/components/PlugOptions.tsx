import { qty } from '../format';
import { t, word } from '../i18n';
import { isSocket } from '../kinds';
import type { DeviceConfig } from '../types';
import { estimateIsWrong, type Fields } from './DeviceForm';
import { Field } from './Field';
import { Select } from './Select';

const transports = ['auto', 'klap', 'klap1', 'aes', 'tpap'] as const;
const polls = ['2', '5', '10', '30', '60', '300'];
const energies = ['10', '30', '60', '300', '3600'];

interface OptionsProps {
  device: DeviceConfig;
  fields: Fields;
  onField: (key: string, value: string) => void;
}

/** The choices, and what it is set to if that is none of them. */
function every(choices: string[], value: string) {
  const all = [...new Set([...choices, value])].sort((a, b) => Number(a) - Number(b));
  return all.map((v) => ({ value: v, label: qty(Number(v), 0, 's') }));
}

/** What the owner may say about a plug, and how svitlo asks it. */
export function PlugOptions({ device, fields, onField }: OptionsProps) {
  const { id } = device;
  const poll = fields['poll_s'] ?? '5';
  const energy = fields['energy_s'] ?? '30';
  const never = (fields['never_off'] ?? 'no') === 'yes';
  return (
    <>
      <Select
        id={`priority-${id}`}
        label={t('priority')}
        value={fields['priority'] ?? '5'}
        hint={t('priorityHint')}
        onChange={(v) => onField('priority', v)}
        options={[...'123456789'].map((value) => ({ value, label: value === '1' ? t('priorityFirst') : value === '9' ? t('priorityLast') : value }))}
      />
      <div class="radios">
        <label>
          <input type="checkbox" id={`never_off-${id}`} checked={never} onChange={(e) => onField('never_off', e.currentTarget.checked ? 'yes' : 'no')} />
          <span>
            <b>{t('neverOff')}</b>
            <small>{t('neverOffHint')}</small>
          </span>
        </label>
      </div>
      {device.measures !== true && (
        <Field
          id={`estimated_w-${id}`}
          label={t('estimatedW')}
          value={fields['estimated_w'] ?? ''}
          onInput={(v) => onField('estimated_w', v)}
          autocomplete="off"
          hint={t('estimatedWHint')}
          error={estimateIsWrong(fields) ? t('estimatedWShape') : null}
          plain
          maxLength={5}
        />
      )}
      <div class="field">
        <label for={`notes-${id}`}>{t('notes')}</label>
        <div class="field-box">
          <textarea id={`notes-${id}`} rows={3} maxLength={500} value={fields['notes'] ?? ''} onInput={(e) => onField('notes', e.currentTarget.value)} />
        </div>
      </div>
      {!isSocket(device) && (
        <details>
          <summary>{t('plugLinkOptions')}</summary>
          <div class="form-fields">
            <Select id={`poll_s-${id}`} label={t('pollEvery')} value={poll} hint={t('plugPollHint')} onChange={(v) => onField('poll_s', v)} options={every(polls, poll)} />
            <Select id={`energy_s-${id}`} label={t('energyEvery')} value={energy} onChange={(v) => onField('energy_s', v)} options={every(energies, energy)} />
            <Select
              id={`transport-${id}`}
              label={t('transport')}
              value={fields['transport'] ?? 'auto'}
              hint={t('transportHint')}
              onChange={(v) => onField('transport', v)}
              options={transports.map((value) => ({ value, label: value === 'auto' ? t('findOut') : word('plugTransport', value) }))}
            />
          </div>
        </details>
      )}
    </>
  );
}
