import { flowOf, isBalancerOnly, isDoubtful, levelOf, warmest } from '../energy';
import { num } from '../format';
import { t, word } from '../i18n';
import { qualityNow } from '../store';
import type { Device } from '../types';
import { Fact, Measure } from './Facts';
import { FlowMark } from './FlowMark';
import { Num } from './Num';
import { Tile } from './Tile';

function Charge({ soc, doubtful }: { soc: number | null; doubtful: boolean }) {
  return (
    <div class="tile-charge">
      <Num v={soc} u="%" doubtful={doubtful} />
      <div class={`meter meter-${levelOf(soc)}`} aria-hidden="true">
        {soc !== null && <div class="meter-fill" style={{ width: `${Math.min(100, Math.max(0, soc))}%` }} />}
      </div>
    </div>
  );
}

/** Number of the highest or the lowest cell. */
function Extreme({ kind, n }: { kind: 'max' | 'min'; n: number | null | undefined }) {
  return (
    <span class={`num cell-no-${kind}`} title={t(kind === 'max' ? 'highest' : 'lowest')}>
      <span class="sr">{t(kind)} </span>
      <span aria-hidden="true">{kind === 'max' ? '▲' : '▼'}</span>
      {'\u00a0' + num(n)}
    </span>
  );
}

/** One pack on the overview. */
export function PackTile({ device }: { device: Device }) {
  const v = device.values;
  const quality = qualityNow(device);
  const bad = (key: string) => isDoubtful(quality, device.suspect, key);
  const flow = flowOf(v);
  const balancer = isBalancerOnly(device);
  return (
    <Tile device={device}>
      {balancer ? (
        <p class="note">{t('noCurrent')}</p>
      ) : (
        <Charge soc={v?.soc ?? null} doubtful={bad('soc')} />
      )}
      <dl class="tile-facts">
        <Measure device={device} k="voltage" digits={2} u="V" />
        {!balancer && (
          <>
            <Measure device={device} k="current" digits={1} u="A" sign />
            <Fact label={word('metric', 'power')}>
              {flow !== 'unknown' && <FlowMark flow={flow} word={false} />}
              <Num v={v?.power == null ? null : Math.abs(v.power)} u="W" doubtful={bad('power')} />
            </Fact>
          </>
        )}
        <Fact label={t('difference')}>
          <Num
            v={v?.cell_delta == null ? null : v.cell_delta * 1000}
            u="mV"
            doubtful={bad('cell_delta') || bad('cell_voltages')}
          />
        </Fact>
        {!balancer && (
          <Fact label={t('temperature')}>
            <Num v={warmest(v)} digits={1} u="°C" doubtful={bad('temperatures')} />
          </Fact>
        )}
        <Fact label={t('cells')} class="extremes">
          <Extreme kind="max" n={v?.cell_max_number} />
          <Extreme kind="min" n={v?.cell_min_number} />
        </Fact>
      </dl>
    </Tile>
  );
}
