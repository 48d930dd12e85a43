import { useState } from 'preact/hooks';
import { focusFirstError } from '../components/Field';
import { useOrder } from '../hooks';
import { t } from '../i18n';
import { addTariff } from './answers';
import { Box } from './Box';
import { today } from './place';
import type { Tariff } from './types';
import { isDay } from './zone';

const CURRENCY = /^[A-Z]{3}$/;

/** What the fields hold; an empty one is none. */
const fields = ['valid_from', 'currency', 'day_price', 'night_price', 'night_from', 'night_to', 'export_price', 'month_fee'] as const;
type Typed = Record<(typeof fields)[number], string>;

const priceOf = (s: string): number | null => (s.trim() === '' ? null : Number(s.replace(',', '.')));
const isPrice = (n: number | null) => n === null || (Number.isFinite(n) && n >= 0);

function wrongOf(f: Typed) {
  return {
    valid_from: isDay(f.valid_from) ? null : t('dateShape'),
    currency: CURRENCY.test(f.currency) ? null : t('currencyShape'),
    day_price: f.day_price !== '' && isPrice(priceOf(f.day_price)) ? null : t('priceShape'),
    night_price: isPrice(priceOf(f.night_price)) ? null : t('priceShape'),
    export_price: isPrice(priceOf(f.export_price)) ? null : t('priceShape'),
    month_fee: isPrice(priceOf(f.month_fee)) ? null : t('priceShape'),
  };
}

interface FormProps {
  /** What most of it will be like. */
  last: Tariff | undefined;
  onDone: () => void;
  onCancel: () => void;
}

export function TariffForm({ last, onDone, onCancel }: FormProps) {
  const [f, setF] = useState<Typed>(() => ({
    valid_from: last ? today.value : `${today.value.slice(0, 4)}-01-01`,
    currency: last?.currency ?? 'UAH',
    day_price: '',
    night_price: '',
    night_from: last?.night_from ?? '23:00',
    night_to: last?.night_to ?? '07:00',
    export_price: '',
    month_fee: '',
  }));
  const [shown, setShown] = useState(false);
  const { busy, run, problem } = useOrder();
  const wrong = wrongOf(f);
  const box = (key: keyof Typed, type: 'date' | 'number' | 'time' | 'text', hint?: string) => (
    <Box id={`tariff-${key}`} type={type} label={t(`tariff_${key}`)} value={f[key]} onInput={(v) => setF({ ...f, [key]: key === 'currency' ? v.toUpperCase() : v })} error={shown && key in wrong ? wrong[key as keyof typeof wrong] : null} {...(hint && { hint })} />
  );
  const onSubmit = async (e: Event) => {
    e.preventDefault();
    setShown(true);
    if (Object.values(wrong).some(Boolean)) return focusFirstError();
    const night = priceOf(f.night_price);
    const prices = { night_price: night, export_price: priceOf(f.export_price), month_fee: priceOf(f.month_fee) };
    const body = {
      valid_from: f.valid_from,
      currency: f.currency,
      day_price: priceOf(f.day_price) ?? 0,
      ...(night !== null && { night_from: f.night_from, night_to: f.night_to }),
      ...(Object.fromEntries(Object.entries(prices).filter(([, v]) => v !== null)) as Partial<typeof prices>),
    };
    if (await run(() => addTariff(body))) onDone();
  };
  return (
    <form class="tariff-form" noValidate onSubmit={(e) => void onSubmit(e)}>
      {box('valid_from', 'date')}
      {box('currency', 'text', t('currencyHint'))}
      {box('day_price', 'number')}
      {box('night_price', 'number', t('nightHint'))}
      {f.night_price !== '' && box('night_from', 'time')}
      {f.night_price !== '' && box('night_to', 'time')}
      {box('export_price', 'number')}
      {box('month_fee', 'number')}
      <p class="form-error" role="alert">
        {problem}
      </p>
      <div class="tariff-answers">
        <button class="button" type="button" onClick={onCancel}>
          {t('keepLessNo')}
        </button>
        <button class="button primary" type="submit" data-do="add-tariff" disabled={busy}>
          {t('tariffAdd')}
        </button>
      </div>
    </form>
  );
}
