import { pageOf } from '../kinds';
import { stateOf } from '../plugs';
import { Link } from '../router';
import type { Device } from '../types';
import { PlugFailure, PlugState, PlugWatts } from './PlugState';
import { PlugSwitch } from './PlugSwitch';

/** One plug in a line: what it is called, how it is, what it draws, and its switch. */
export function PlugRow({ device }: { device: Device }) {
  return (
    <li class="plug-row" data-device={device.id} data-plug={stateOf(device)}>
      <div class="plug-line">
        <div>
          <Link to={pageOf(device) ?? '/plugs'} class="plug-name">
            {device.name}
          </Link>
          <p class="tile-state">
            <PlugState device={device} />
          </p>
        </div>
        <PlugWatts device={device} />
        <PlugSwitch device={device} />
      </div>
      <PlugFailure device={device} />
    </li>
  );
}
