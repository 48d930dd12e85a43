import { units } from '../gen/metrics';
import type { Device } from '../types';
import { Measure, type NumberKey } from './Facts';
import { Tile } from './Tile';

/** As far as it measures them; with a sign where it says which way power goes. */
const keys: [NumberKey, boolean][] = [
  ['pv_power', false],
  ['load_power', false],
  ['inverter_power', true],
  ['grid_power', true],
  ['battery_power', true],
  ['battery_soc', false],
];

/** One of several inverters on the overview. */
export function InverterTile({ device }: { device: Device }) {
  return (
    <Tile device={device}>
      <dl class="tile-facts">
        {keys.map(([k, sign]) => device.values?.[k] != null && <Measure key={k} device={device} k={k} u={units[k]} sign={sign} />)}
      </dl>
    </Tile>
  );
}
