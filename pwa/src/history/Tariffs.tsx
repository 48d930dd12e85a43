import { useState } from 'preact/hooks';
import { ApiError } from '../api';
import { Confirm } from '../components/Dialog';
import { useOrder, useRepeated } from '../hooks';
import { t } from '../i18n';
import { problemText } from '../problem';
import { may } from '../store';
import { forget, getTariffs, removeTariff } from './answers';
import { dayText } from './stamps';
import { TariffForm } from './TariffForm';
import { money } from './Totals';
import type { Tariff } from './types';

function factsOf({ currency, day_price, night_price, night_from, night_to, export_price, month_fee }: Tariff): string {
  const perKwh = (v: number) => t('perKwh', { x: money(v, currency) });
  return [
    perKwh(day_price),
    night_price !== null && t('atNight', { x: perKwh(night_price), a: night_from ?? '', b: night_to ?? '' }),
    export_price !== null && t('soldAt', { x: perKwh(export_price) }),
    month_fee !== null && month_fee > 0 && t('feeOf', { x: money(month_fee, currency) }),
  ]
    .filter(Boolean)
    .join(' · ');
}

/** What energy costs, from which day on. */
export function Tariffs() {
  const [all, setAll] = useState<Tariff[] | null>(null);
  const [failed, setFailed] = useState<string | null>(null);
  const [edition, setEdition] = useState(0);
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Tariff | null>(null);
  const { busy, run, problem } = useOrder();
  const load = async (signal: AbortSignal) => {
    try {
      const got = await getTariffs();
      if (!signal.aborted) setAll(got.tariffs);
    } catch (e) {
      if (!(e instanceof ApiError)) throw e;
      if (!signal.aborted) setFailed(problemText(e));
    }
  };
  useRepeated(load, 60_000, [edition]);
  const changed = () => {
    forget(); // what it cost is another sum now
    setEdition(edition + 1);
    setAdding(false);
    setRemoving(null);
  };
  const remove = () => removing && run(async () => {
    await removeTariff(removing.id);
    changed();
  });
  if (!all) return <p class="hint">{failed ?? t('loading')}</p>;
  return (
    <div class="tariffs">
      {all.length === 0 && <p class="note">{t(may('admin') ? 'noTariffs' : 'noTariffsYet')}</p>}
      <ul>
        {all.map((x) => (
          <li key={x.id} data-tariff={x.id}>
            <div>
              <b>{t('validFrom', { time: dayText(Date.parse(`${x.valid_from}T12:00:00Z`)) })}</b>
              <p class="num-list">{factsOf(x)}</p>
            </div>
            {may('admin') && (
              <button class="link-button danger" type="button" data-do="remove-tariff" aria-label={t('tariffRemoveOf', { time: x.valid_from })} onClick={() => setRemoving(x)}>
                {t('tariffRemove')}
              </button>
            )}
          </li>
        ))}
      </ul>
      {may('admin') && !adding && (
        <button class="button" type="button" data-do="new-tariff" onClick={() => setAdding(true)}>
          {t('tariffNew')}
        </button>
      )}
      {adding && <TariffForm last={all[all.length - 1]} onDone={changed} onCancel={() => setAdding(false)} />}
      {removing && (
        <Confirm id="remove-tariff" title={t('tariffRemoveTitle')} text={t('tariffRemoveText', { time: removing.valid_from })} yes={t('tariffRemove')} no={t('keepLessNo')} busy={busy} problem={problem} onYes={() => void remove()} onClose={() => setRemoving(null)} />
      )}
    </div>
  );
}
