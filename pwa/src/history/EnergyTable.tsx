import { kilo } from '../energy';
import { num, unit } from '../format';
import { t, word } from '../i18n';
import { channels } from '../types';
import { longPeriod } from './sums';
import { money } from './Totals';
import type { Energy } from './types';

/** Each period of the bars in numbers. */
export function EnergyTable({ energy: { periods, by, currency } }: { energy: Energy }) {
  const shown = channels.filter((c) => c !== 'gen' || periods.gen_wh.some(Boolean));
  return (
    <div class="table-box" tabIndex={0} role="region" aria-label={t('tabEnergy')}>
      <table class="data-table">
        <caption>{unit('kWh')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('timeFrom')}</th>
            {shown.map((c) => (
              <th key={c} scope="col">
                {word('channel', c)}
              </th>
            ))}
            {currency && <th scope="col">{t('cost')}</th>}
          </tr>
        </thead>
        <tbody>
          {periods.t_ms.map((ms, i) => (
            <tr key={ms}>
              <th scope="row">{longPeriod(by, ms)}</th>
              {shown.map((c) => (
                <td key={c}>{num(kilo(periods[`${c}_wh`][i]), 2)}</td>
              ))}
              {currency && <td>{money(periods.cost[i] ?? null, currency)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
