import { Fact } from '../components/Facts';
import { Num } from '../components/Num';
import { kilo } from '../energy';
import { dateLocale, lasted, qty } from '../format';
import { t, word } from '../i18n';
import { channels } from '../types';
import type { Cell, Energies } from './types';

/** "123.45 ₴". */
export function money(v: Cell, currency: string): string {
  if (v === null) return '—';
  try {
    return v.toLocaleString(dateLocale.value, { style: 'currency', currency, currencyDisplay: 'narrowSymbol' });
  } catch {
    return `${v.toFixed(2)} ${currency}`; // no currency that browsers know
  }
}

const moneys = ['cost', 'fee', 'earned', 'saved'] as const;

/** Sums of the whole range. */
export function Totals({ total, currency }: { total: Energies<Cell>; currency: string | null }) {
  const percent = (v: Cell) => (v === null ? null : v * 100);
  return (
    <section class="totals" id="totals">
      <h3>{t('inAll')}</h3>
      <dl class="facts">
        {channels.map((c) => {
          const wh = total[`${c}_wh`];
          if (c === 'gen' && !wh) return null;
          return (
            <Fact key={c} label={word('channel', c)}>
              <Num v={kilo(wh)} digits={1} u="kWh" />
            </Fact>
          );
        })}
        <Fact label={t('selfUse')}>
          <Num v={percent(total.self_use)} u="%" />
          <small>{t('selfUseHint')}</small>
        </Fact>
        <Fact label={t('autarky')}>
          <Num v={percent(total.autarky)} u="%" />
          <small>{t('autarkyHint')}</small>
        </Fact>
        {total.grid_away_s !== null && <Fact label={t('gridAway')}>{lasted(total.grid_away_s * 1000)}</Fact>}
        {currency &&
          moneys.map((m) => (
            <Fact key={m} label={t(m === 'saved' ? 'savedMoney' : m)}>
              <span class="num">{money(total[m], currency)}</span>
            </Fact>
          ))}
      </dl>
      {Boolean(total.filled_wh) && <p class="hint">{t('filled', { x: qty(kilo(total.filled_wh), 1, 'kWh') })}</p>}
      {!currency && <p class="hint">{t('noTariff')}</p>}
    </section>
  );
}
