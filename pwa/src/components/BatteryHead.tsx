import { alarmsOf, flowOf, isBalancerOnly, isDoubtful, noticesOf } from '../energy';
import { duration, num } from '../format';
import { t, word } from '../i18n';
import { qualityNow } from '../store';
import type { Device } from '../types';
import { Age } from './Age';
import { AlarmList } from './AlarmList';
import { FlowMark } from './FlowMark';
import { Num } from './Num';
import { Ring } from './Ring';
import { StateChip } from './StateChip';

/** Name, state, alarms and the main numbers of one battery. */
export function BatteryHead({ device }: { device: Device }) {
  const v = device.values;
  const quality = qualityNow(device.quality, device.age_ms);
  const bad = (key: string) => isDoubtful(quality, device.suspect, key);
  const flow = flowOf(v);
  const balancer = isBalancerOnly(device);
  const soc = v?.soc ?? null;
  const emergency = v?.emergency_countdown_s ?? 0;
  return (
    <section class={`card battery-head quality-${quality}`}>
      <div class="battery-title">
        <h1 tabIndex={-1}>{device.name}</h1>
        <p class="battery-state">
          <StateChip device={device} />
          <Age age_ms={device.age_ms} />
        </p>
        {device.reason && device.state !== 'live' && <p class="reason">{word('reason', device.reason)}</p>}
      </div>
      <AlarmList names={alarmsOf(v)} kind="alarm" />
      {emergency > 0 && <p class="level level-low">{t('emergency', { x: duration(emergency) })}</p>}
      {quality === 'suspect' && device.suspect.length > 0 && (
        <p class="suspect">
          {t('doubtfulList', { list: device.suspect.map((k) => word('metric', k).toLowerCase()).join(', ') })}
        </p>
      )}
      {balancer ? (
        <p class="note">{t('noCurrent')}</p>
      ) : (
        <Ring soc={soc}>
          <p class="soc" id="battery-soc">
            {num(soc)}
            {soc !== null && <span class="soc-unit">%</span>}
          </p>
          <p class={`power power-${flow}`}>
            <Num v={v?.power == null ? null : Math.abs(v.power)} u="W" doubtful={bad('power')} />
          </p>
          <FlowMark flow={flow} />
        </Ring>
      )}
      <dl class="facts">
        <div>
          <dt>{word('metric', 'voltage')}</dt>
          <dd>
            <Num v={v?.voltage} digits={2} u="V" doubtful={bad('voltage')} />
          </dd>
        </div>
        {!balancer && (
          <>
            <div>
              <dt>{word('metric', 'current')}</dt>
              <dd>
                <Num v={v?.current} digits={2} u="A" sign doubtful={bad('current')} />
              </dd>
            </div>
            <div>
              <dt>{word('metric', 'remaining_ah')}</dt>
              <dd>
                <Num v={v?.remaining_ah} digits={1} u="Ah" doubtful={bad('remaining_ah')} />
              </dd>
            </div>
            <div>
              <dt>{word('metric', 'nominal_ah')}</dt>
              <dd>
                <Num v={v?.nominal_ah} digits={1} u="Ah" />
              </dd>
            </div>
          </>
        )}
      </dl>
      <AlarmList names={noticesOf(v)} kind="notice" />
    </section>
  );
}
