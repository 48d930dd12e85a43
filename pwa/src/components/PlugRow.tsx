import { pageOf } from '../kinds';
import { stateOf } from '../plugs';
import { Link } from '../router';
import type { Device } from '../types';
import { PlugLine } from './PlugLine';

/** One plug in a line: what it is called, how it is, what it draws, and its switch. */
export function PlugRow({ device }: { device: Device }) {
  return (
    <li class="plug-row" data-device={device.id} data-plug={stateOf(device)}>
      <PlugLine device={device}>
        <Link to={pageOf(device) ?? '/plugs'} class="plug-name">
          {device.name}
        </Link>
      </PlugLine>
    </li>
  );
}
