import { useState } from 'preact/hooks';
import { useDetails } from '../devices';
import { alarmsOf, noticesOf } from '../energy';
import { t } from '../i18n';
import { pageOf } from '../kinds';
import { answers, isStrip, socketsOf, stateOf } from '../plugs';
import { Link } from '../router';
import { qualityNow } from '../store';
import type { Device } from '../types';
import { AlarmList } from './AlarmList';
import { Facts } from './Facts';
import { OnFor } from './OnFor';
import { PlugLine } from './PlugLine';
import { energyFacts, PlugMarks, SocketsCount, StolenHint } from './PlugParts';
import { PlugState } from './PlugState';
import { PlugSums } from './PlugSums';
import { Signal } from './Signal';
import { StateNote } from './StateNote';
import { Timers } from './Timers';

/** What is fetched when it is opened: what it is, its timers, an "on" that ends. */
function More({ device }: { device: Device }) {
  const { details } = useDetails(device.id);
  const { model, firmware } = details?.info?.values ?? {};
  const rssi = device.values?.rssi;
  return (
    <div class="plug-more">
      {rssi != null && (
        <p class="device-link">
          <Signal rssi={rssi} old={!answers(device)} />
        </p>
      )}
      {Boolean(model) && <p class="hint">{firmware ? t('firmwareOf', { model: String(model), x: String(firmware) }) : String(model)}</p>}
      <StolenHint link={details?.link ?? null} />
      <PlugMarks device={device} notes={details?.options.notes} />
      {!isStrip(device) && (
        <>
          <OnFor device={device} />
          <h4>{t('timers')}</h4>
          <Timers device={device} />
        </>
      )}
    </div>
  );
}

/** One plug of the plugs' page. */
export function PlugCard({ device, inStrip = false }: { device: Device; inStrip?: boolean }) {
  const [open, setOpen] = useState(false);
  const energy = energyFacts(device);
  const Heading = inStrip ? 'h4' : 'h3';
  return (
    <li class={`plug-card quality-${qualityNow(device)}${inStrip ? '' : ' card'}`} data-device={device.id}>
      <PlugLine device={device}>
        <Heading>
          <Link to={pageOf(device) ?? '/plugs'}>{device.name}</Link>
        </Heading>
      </PlugLine>
      <AlarmList names={alarmsOf(device.values)} kind="alarm" advice />
      <AlarmList names={noticesOf(device.values)} kind="notice" advice />
      {!inStrip && <StateNote device={device} advice said={stateOf(device) === 'trouble'} />}
      {energy.length > 0 && <Facts facts={energy} />}
      <details onToggle={(e) => setOpen(e.currentTarget.open)}>
        <summary>
          {t('plugMore')}
          <span class="sr"> {device.name}</span>
        </summary>
        {open && <More device={device} />}
      </details>
    </li>
  );
}

/** A strip with its sockets. */
export function StripCard({ device }: { device: Device }) {
  const sockets = socketsOf(device);
  const rssi = device.values?.rssi;
  return (
    <li class={`card strip-card quality-${qualityNow(device)}`} data-device={device.id}>
      <div class="plug-line">
        <div>
          <h3>
            <Link to={pageOf(device) ?? '/plugs'}>{device.name}</Link>
          </h3>
          <p class="tile-state">
            <PlugState device={device} />
          </p>
        </div>
        {rssi != null && <Signal rssi={rssi} old={!answers(device)} />}
      </div>
      <AlarmList names={alarmsOf(device.values)} kind="alarm" advice />
      <StateNote device={device} advice said={stateOf(device) === 'trouble'} />
      <SocketsCount device={device} />
      <PlugSums plugs={sockets} />
      <ul class="strip-sockets">
        {sockets.map((d) => (
          <PlugCard key={d.id} device={d} inStrip />
        ))}
      </ul>
    </li>
  );
}
