import { flowOf, levelOf } from '../energy';
import { duration, num, qty } from '../format';
import { plural, t, word } from '../i18n';
import { deviceById, qualityNow } from '../store';
import type { Bank } from '../types';
import { Age } from './Age';
import { FlowMark } from './FlowMark';
import { Warning } from './Icons';
import { Num } from './Num';
import { Ring } from './Ring';

function PacksLine({ bank, stale }: { bank: Bank; stale: boolean }) {
  const all = bank.packs_live === bank.packs && !stale;
  const text = stale
    ? t('stale')
    : all
      ? t('allLive', { n: bank.packs, packs: plural('packs', bank.packs) })
      : t('someLive', { a: bank.packs_live, n: bank.packs, packs: plural('packsOf', bank.packs) });
  return (
    <p class={all ? 'packs-line' : 'packs-line packs-missing'} id="packs-line">
      {!all && <Warning />}
      <span>{text}</span>
      <Age age_ms={bank.age_ms} />
    </p>
  );
}

function CellFact({ label, v, n, device }: { label: string; v?: number | null; n?: number | null; device: number | null }) {
  const name = device === null ? undefined : deviceById(device)?.name;
  return (
    <div>
      <dt>{label}</dt>
      <dd>
        <Num v={v} digits={3} u="V" />
        {v != null && name && (
          <small>
            {name}
            {n != null && `, ${t('cellNo', { n })}`}
          </small>
        )}
      </dd>
    </div>
  );
}

/** All packs as one battery: the picture that is read from across the room. */
export function BankCard({ bank }: { bank: Bank }) {
  const v = bank.values;
  const quality = qualityNow(bank.quality, bank.age_ms);
  const flow = flowOf(v, Math.max(1, bank.packs_live));
  const soc = v.soc ?? null;
  const level = levelOf(soc);
  // A forecast from old readings would be a false promise.
  const fresh = quality !== 'stale';
  const full = fresh && flow === 'charging' ? v.time_to_full_s : null;
  const empty = fresh && flow === 'discharging' ? v.time_to_empty_s : null;
  return (
    <section class={`card bank quality-${quality}`} aria-labelledby="bank-title">
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
      </p>
      <PacksLine bank={bank} stale={!fresh} />
      <dl class="facts">
        <div>
          <dt>{word('metric', 'voltage')}</dt>
          <dd id="bank-voltage">
            <Num v={v.voltage} digits={2} u="V" />
          </dd>
        </div>
        <div>
          <dt>{word('metric', 'current')}</dt>
          <dd id="bank-current">
            <Num v={v.current} digits={1} u="A" sign />
          </dd>
        </div>
        <div>
          <dt>{t('remaining')}</dt>
          <dd>
            <Num v={v.remaining_ah} u="Ah" />
            <small>{t('ofFull', { x: qty(v.nominal_ah, 0, 'Ah') })}</small>
          </dd>
        </div>
        <div>
          <dt>{t('energy')}</dt>
          <dd>
            <Num v={v.remaining_wh == null ? null : v.remaining_wh / 1000} digits={1} u="kWh" />
            <small>{t('ofFull', { x: qty(v.nominal_wh == null ? null : v.nominal_wh / 1000, 1, 'kWh') })}</small>
          </dd>
        </div>
        <CellFact label={t('highest')} v={v.cell_max ?? null} n={v.cell_max_number ?? null} device={bank.max_device} />
        <CellFact label={t('lowest')} v={v.cell_min ?? null} n={v.cell_min_number ?? null} device={bank.min_device} />
        <div class="wide">
          <dt>{t('delta')}</dt>
          <dd>
            <Num v={v.cell_delta == null ? null : v.cell_delta * 1000} u="mV" />
          </dd>
        </div>
      </dl>
    </section>
  );
}
