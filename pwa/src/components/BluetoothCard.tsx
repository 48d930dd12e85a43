import { moment } from '../format';
import { hasWord, plural, t, word } from '../i18n';
import { blind } from '../store';
import type { Adapter, Bluetooth } from '../types';
import { Warning } from './Icons';

function AdapterItem({ adapter, advice }: { adapter: Adapter; advice: boolean }) {
  const { name, state, links, power_cycles, last_power_cycle_ms } = adapter;
  const good = state === 'on';
  const look = blind.value ? 'old' : good ? 'live' : 'away';
  return (
    <li class="adapter" data-adapter={name}>
      <p class="tile-head">
        <span>
          <b>{name}</b> {adapter.address && <span class="mono">{adapter.address}</span>}
        </span>
        <span class={`chip chip-${look}`}>
          <span class="dot" aria-hidden="true" />
          {blind.value ? t('stale') : word('adapterState', state)}
        </span>
      </p>
      <p class="hint">
        {links} {plural('links', links)}
        {adapter.scanning && `, ${t('scanning')}`}
        {power_cycles > 0 && `; ${t('powerCycles', { n: power_cycles })}`}
        {power_cycles > 0 && last_power_cycle_ms !== null && `, ${t('lastAt', { time: moment(last_power_cycle_ms) })}`}
      </p>
      {advice && !good && hasWord('advice', `adapter_${state}`) && <p class="advice">{word('advice', `adapter_${state}`)}</p>}
    </li>
  );
}

/** Why Bluetooth does not work at all, and what to do. */
export function BluetoothTrouble({ bluetooth }: { bluetooth: Bluetooth }) {
  const { reason } = bluetooth;
  if (!reason) return null;
  return (
    <div class="trouble" data-reason={reason}>
      <Warning />
      <div>
        <p>
          <b>{word('reason', reason)}</b>
        </p>
        {hasWord('advice', reason) && <p>{word('advice', reason)}</p>}
      </div>
    </div>
  );
}

/** The adapters; what is wrong with all of them is said by BluetoothTrouble. */
export function BluetoothCard({ bluetooth }: { bluetooth: Bluetooth }) {
  const adapters = [...bluetooth.adapters].sort((a, b) => a.name.localeCompare(b.name));
  return (
    <section class="card part" id="bluetooth">
      <h2>Bluetooth</h2>
      {adapters.length === 0 && <p class="note">{word('reason', bluetooth.reason ?? 'adapter_absent')}</p>}
      <ul>
        {adapters.map((a) => (
          <AdapterItem key={a.name} adapter={a} advice={bluetooth.reason !== `adapter_${a.state}`} />
        ))}
      </ul>
    </section>
  );
}
