import { STILL_W, alarmsOf, isDoubtful, noticesOf } from '../energy';
import { qty } from '../format';
import { inner, t, word } from '../i18n';
import { ways } from '../inverter-keys';
import { qualityNow } from '../store';
import type { Device } from '../types';
import { AlarmList } from './AlarmList';
import { Doubts } from './Doubts';
import { Fact } from './Facts';
import { Num } from './Num';
import { PastLink } from './PastLink';
import { StateChip } from './StateChip';
import { StateNote } from './StateNote';

const keys = ['pv_power', 'load_power', 'grid_power', 'battery_power'] as const;

/** Name, state, faults and the main numbers of one inverter. */
export function InverterHead({ device }: { device: Device }) {
  const v = device.values;
  const quality = qualityNow(device);
  return (
    <section class={`card battery-head quality-${quality}`} id="head">
      <div class="battery-title">
        <h1 tabIndex={-1}>{device.name}</h1>
        <p class="battery-state">
          <StateChip device={device} />
          <PastLink device={device.id} />
        </p>
        <StateNote device={device} advice />
      </div>
      <AlarmList names={alarmsOf(v)} kind="alarm" advice />
      <AlarmList names={noticesOf(v)} kind="notice" advice />
      <Doubts device={device} />
      <dl class="facts">
        {keys.map((k) => {
          const w = v?.[k];
          const way = ways[k];
          const note = [way && w != null && inner(t(Math.abs(w) < STILL_W ? 'noFlow' : way[w > 0 ? 0 : 1])), k === 'battery_power' && v?.battery_soc != null && qty(v.battery_soc, 0, '%')];
          return (
            w !== undefined && (
              <Fact key={k} label={word('metric', k)}>
                <Num v={w} u="W" sign={way !== undefined} doubtful={isDoubtful(quality, device.suspect, k)} />
                <small>{note.filter(Boolean).join(' · ')}</small>
              </Fact>
            )
          );
        })}
      </dl>
    </section>
  );
}
