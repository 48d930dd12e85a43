import { useMemo, useState } from 'preact/hooks';
import { t } from '../i18n';
import { useAnswer } from './answers';
import { Bars } from './Bars';
import { Csv } from './Csv';
import { EnergyTable } from './EnergyTable';
import { Fold } from './Fold';
import { span, whole, wholeAhead } from './place';
import { energyPath } from './requests';
import { barsOf, periodOf } from './sums';
import { Tariffs } from './Tariffs';
import { Totals } from './Totals';
import type { Energy } from './types';
import { Waiting } from './Waiting';

const fed = ['pv_load', 'battery_load', 'grid_load', 'gen_load'] as const;
const spread = ['pv_load', 'pv_battery', 'pv_grid'] as const;

/** How much, from where to where, and what it cost; by periods of the range. */
export function EnergyTab() {
  const [chosen, setChosen] = useState<number | null>(null);
  const stretch = whole.value;
  const by = periodOf(span.value);
  const got = useAnswer<Energy>(energyPath(by, stretch), `energy ${by}`, wholeAhead.value);
  const energy = got.answer;
  const bars = useMemo(() => energy && { house: barsOf(energy, fed, 'load_wh'), sun: barsOf(energy, spread, 'pv_wh') }, [energy]);
  const nothing = energy !== null && energy.periods.covered_s.every((s) => !s) && energy.total.load_wh === null;
  return (
    <div class="view" data-waiting={got.waiting} data-by={by}>
      <Waiting asked={got} />
      {nothing && <p class="note">{t('nothingHere')}</p>}
      {energy && bars && !nothing && (
        <>
          <div class="stacks">
            <Bars id="bars-house" title={t('howFed')} bars={bars.house} times={energy.periods.t_ms} by={energy.by} flows={[...fed, null]} chosen={chosen} onChoose={setChosen} />
            <Bars id="bars-sun" title={t('whereSun')} bars={bars.sun} times={energy.periods.t_ms} by={energy.by} flows={[...spread, null]} chosen={chosen} onChoose={setChosen} />
          </div>
          <Totals total={energy.total} currency={energy.currency} />
          <Fold title={t('asTable')} id="as-table">
            {() => <EnergyTable energy={energy} />}
          </Fold>
          <Csv stretch={stretch} kind="house" device={null} tier={by === 'hour' ? '15min' : 'day'} />
        </>
      )}
      <Fold title={t('tariffs')} id="tariffs">
        {() => <Tariffs />}
      </Fold>
    </div>
  );
}
