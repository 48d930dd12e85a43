import { flowOf, levelOf } from '../energy';
import { duration, num, qty } from '../format';
import { plural, t, word } from '../i18n';
import { deviceById, qualityNow } from '../store';
import type { Bank } from '../types';
import { Fact } from './Facts';
import { FlowMark } from './FlowMark';
import { Warning } from './Icons';
import { Members } from './Members';
import { Num } from './Num';
import { Ring } from './Ring';

function CellFact({ label, v, n, device }: { label: string; v?: number | null; n?: number | null; device: number | null }) {
  const name = device === null ? undefined : deviceById(device)?.name;
  return (
    <Fact label={label}>
      <Num v={v} digits={3} u="V" />
      {v != null && name && (
        <small>
          {name}
          {n != null && `, ${t('cellNo', { n })}`}
        </small>
      )}
    </Fact>
  );
}

/** All packs as one battery: the picture that is read from across the room. */
export function BankCard({ bank }: { bank: Bank }) {
  const v = bank.values;
  const quality = qualityNow(bank);
  const flow = flowOf(v, Math.max(1, bank.packs_live));
  const soc = v.soc ?? null;
  const level = levelOf(soc);
  // A forecast from old readings would be a false promise.
  const fresh = quality !== 'stale';
  // What the missing packs hold is not in the sums, nor in the time.
  const partial = fresh && bank.packs_live < bank.packs;
  const full = fresh && flow === 'charging' ? v.time_to_full_s : null;
  const empty = fresh && flow === 'discharging' ? v.time_to_empty_s : null;
  return (
    <section class={`card bank quality-${quality}${partial ? ' partial' : ''}`} aria-labelledby="bank-title">
      <h2 id="bank-title" class="sr">
        {t('charge')}
      </h2>
      <Ring soc={soc}>
        <p class="soc" id="bank-soc">
          {num(soc, soc === null || soc >= 99.95 ? 0 : 1)}
          {soc !== null && <span class="soc-unit">%</span>}
        </p>
        <p class={`power power-${flow}`} id="bank-power">
          <Num v={v.power == null ? null : Math.abs(v.power)} u="W" />
        </p>
        <FlowMark flow={flow} />
      </Ring>
      {(level === 'low' || level === 'veryLow') && (
        <p class={`level level-${level}`}>
          <Warning />
          {t(level)}
        </p>
      )}
      <p class="outlook">
        {full != null && t('toFull', { x: duration(full) })}
        {empty != null && t('toEmpty', { x: duration(empty) })}
        {partial && (
          <b class="partial-note" id="bank-partial">
            {t('partialBank', { a: bank.packs_live, n: bank.packs, packs: plural('packsOf', bank.packs) })}
          </b>
        )}
      </p>
      <Members id="packs-line" sums={bank} all={bank.packs} live={bank.packs_live} nouns={['packs', 'packsOf']} />
      <dl class="facts">
        <Fact label={word('metric', 'voltage')} id="bank-voltage">
          <Num v={v.voltage} digits={2} u="V" />
        </Fact>
        <Fact label={word('metric', 'current')} id="bank-current">
          <Num v={v.current} digits={1} u="A" sign />
        </Fact>
        <Fact label={t('remaining')}>
          <Num v={v.remaining_ah} u="Ah" />
          {v.nominal_ah != null && <small>{t('ofFull', { x: qty(v.nominal_ah, 0, 'Ah') })}</small>}
        </Fact>
        <Fact label={t('energy')}>
          <Num v={v.remaining_wh == null ? null : v.remaining_wh / 1000} digits={1} u="kWh" />
          {v.nominal_wh != null && <small>{t('ofFull', { x: qty(v.nominal_wh / 1000, 1, 'kWh') })}</small>}
        </Fact>
        <CellFact label={t('highest')} v={v.cell_max ?? null} n={v.cell_max_number ?? null} device={bank.max_device} />
        <CellFact label={t('lowest')} v={v.cell_min ?? null} n={v.cell_min_number ?? null} device={bank.min_device} />
        <Fact label={t('delta')} class="wide">
          <Num v={v.cell_delta == null ? null : v.cell_delta * 1000} u="mV" />
        </Fact>
      </dl>
    </section>
  );
}
