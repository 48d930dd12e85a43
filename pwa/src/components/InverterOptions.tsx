import { show } from '../flat';
import { qty } from '../format';
import { t, word } from '../i18n';
import { familyNames } from '../inverter-keys';
import type { Fields } from './DeviceForm';
import { Select } from './Select';

/** Each with its choices; what they mean is said in words. */
const choices = {
  family: ['auto', ...familyNames],
  power_scale: ['auto', '1', '10'],
  battery_scale: ['auto', '1', '10'],
  day_scale: ['auto', '1', '10'],
  total_scale: ['auto', '1', '10'],
  clamp: ['auto', 'on', 'off'],
  block: ['auto', '125', '60', '16'],
} as const;

const polls = ['1', '2', '5', '10', '30', '60', '300'];

interface OptionsProps {
  id: number;
  fields: Fields;
  onField: (key: string, value: string) => void;
}

/** What the owner may say about an inverter; svitlo finds out by itself what is left at "auto". */
export function InverterOptions({ id, fields, onField }: OptionsProps) {
  const poll = fields['poll_s'] ?? '5';
  const every = [...new Set([...polls, poll])].sort((a, b) => Number(a) - Number(b));
  return (
    <details>
      <summary>{t('inverterOptions')}</summary>
      <div class="form-fields">
        <p class="hint">{t('inverterOptionsHint')}</p>
        <Select
          id={`poll_s-${id}`}
          label={t('pollEvery')}
          value={poll}
          hint={t('pollHint')}
          onChange={(v) => onField('poll_s', v)}
          options={every.map((value) => ({ value, label: qty(Number(value), 0, 's') }))}
        />
        {Object.entries(choices).map(([key, values]) => (
          <Select
            key={key}
            id={`${key}-${id}`}
            label={word('option', key)}
            value={fields[key] ?? 'auto'}
            hint={word('optionHint', key)}
            onChange={(v) => onField(key, v)}
            options={values.map((value) => ({ value, label: value === 'auto' ? t('findOut') : show(key, value) }))}
          />
        ))}
      </div>
    </details>
  );
}
