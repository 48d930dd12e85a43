import type { ComponentChildren } from 'preact';
import type { Device } from '../types';
import { PlugFailure, PlugState, PlugWatts } from './PlugState';
import { PlugSwitch } from './PlugSwitch';

/** One plug in a line: what it is called, how it is, what it draws, and its switch; below, why that did not work. */
export function PlugLine({ device, children }: { device: Device; children: ComponentChildren }) {
  return (
    <>
      <div class="plug-line">
        <div>
          {children}
          <p class="tile-state">
            <PlugState device={device} />
          </p>
        </div>
        <PlugWatts device={device} />
        <PlugSwitch device={device} />
      </div>
      <PlugFailure device={device} />
    </>
  );
}
