import type { ComponentChildren } from 'preact';
import { alarmsOf } from '../energy';
import { pageOf } from '../kinds';
import { Link } from '../router';
import { qualityNow } from '../store';
import type { Device } from '../types';
import { AlarmList } from './AlarmList';
import { Doubts } from './Doubts';
import { StateChip } from './StateChip';
import { StateNote } from './StateNote';

/** One device on the overview: its name, which leads to its page, its state, alarms and numbers. */
export function Tile({ device, children }: { device: Device; children: ComponentChildren }) {
  const alarms = alarmsOf(device.values);
  return (
    <li class={`card tile quality-${qualityNow(device)}${alarms.length ? ' tile-alarm' : ''}`} data-device={device.id}>
      <div class="tile-head">
        <h3>
          <Link to={pageOf(device) ?? '/devices'} class="cover">
            {device.name}
          </Link>
        </h3>
        <p class="tile-state">
          <StateChip device={device} />
        </p>
      </div>
      <AlarmList names={alarms} kind="alarm" />
      <StateNote device={device} />
      {children}
      <Doubts device={device} />
    </li>
  );
}
