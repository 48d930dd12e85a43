import { alarmsOf, flowOf, isBalancerOnly, isDoubtful, noticesOf } from '../energy';
import { duration, num } from '../format';
import { t } from '../i18n';
import { qualityNow } from '../store';
import type { Device, DeviceDetails } from '../types';
import { AlarmList } from './AlarmList';
import { Doubts } from './Doubts';
import { Measure } from './Facts';
import { FlowMark } from './FlowMark';
import { Num } from './Num';
import { PastLink } from './PastLink';
import { Ring } from './Ring';
import { StateChip } from './StateChip';
import { StateNote } from './StateNote';

/** Name, state, alarms and the main numbers of one battery. */
export function BatteryHead({ device, details }: { device: Device; details: DeviceDetails | null }) {
  const v = device.values;
  const quality = qualityNow(device);
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
          <PastLink device={device.id} />
        </p>
        <StateNote device={device} advice adapter={details?.options.adapter} info={details?.info} />
      </div>
      <AlarmList names={alarmsOf(v)} kind="alarm" />
      {emergency > 0 && <p class="level level-low">{t('emergency', { x: duration(emergency) })}</p>}
      <Doubts device={device} />
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
        <Measure device={device} k="voltage" digits={2} u="V" />
        {!balancer && (
          <>
            <Measure device={device} k="current" digits={2} u="A" sign />
            <Measure device={device} k="remaining_ah" digits={1} u="Ah" />
            <Measure device={device} k="nominal_ah" digits={1} u="Ah" />
          </>
        )}
      </dl>
      <AlarmList names={noticesOf(v)} kind="notice" />
    </section>
  );
}
