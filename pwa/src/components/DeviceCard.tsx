import { useRef, useState } from 'preact/hooks';
import { useDetails } from '../devices';
import { qty } from '../format';
import { plural, t } from '../i18n';
import { isBattery, isInverter, isPlug, pageOf } from '../kinds';
import { Link } from '../router';
import { deviceById, may } from '../store';
import type { Bluetooth, Device, DeviceConfig, InverterLink } from '../types';
import { DeviceForm } from './DeviceForm';
import { ArrowDown, ArrowUp, Battery, Inverter as InverterMark, Question } from './Icons';
import { LinkActions } from './LinkActions';
import { Plug } from './PlugIcon';
import { Signal, linkUp } from './Signal';
import { StateChip } from './StateChip';
import { StateNote } from './StateNote';

interface CardProps {
  /** From the server's list, or from a kept overview. */
  device: DeviceConfig | Device;
  bluetooth: Bluetooth | null;
  /** Of a strip: its sockets. */
  sockets: (DeviceConfig | Device)[];
  first: boolean;
  last: boolean;
  onMove: (by: 1 | -1) => void;
}

const isConfig = (d: DeviceConfig | Device): d is DeviceConfig => 'position' in d;

/** Of an inverter: how many of its questions are answered, and how soon. */
function LinkQuality({ link }: { link: InverterLink }) {
  return <span class="link-quality">{t('linkQuality', { x: qty(link.success_pct, 0, '%'), ms: qty(link.latency_ms, 0, 'ms') })}</span>;
}

/** The sockets of a strip: they come and go with it, and are managed on their pages. */
function Sockets({ all }: { all: (DeviceConfig | Device)[] }) {
  return (
    <ul class="device-sockets" aria-label={t('sockets')}>
      {all.map((d) => (
        <li key={d.id} data-socket={d.id}>
          <Link to={pageOf(d) ?? '/plugs'}>{d.name}</Link>
          <span class="tile-state">
            <StateChip device={deviceById(d.id) ?? d} />
          </span>
        </li>
      ))}
    </ul>
  );
}

/** One device of the Devices page. */
export function DeviceCard({ device, bluetooth, sockets, first, last, onMove }: CardProps) {
  const { id, name } = device;
  const { details } = useDetails(id);
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const onDone = () => {
    setOpen(false);
    button.current?.focus();
  };
  const config = isConfig(device) ? device : null;
  // The overview's picture is newer than the list, but knows nothing of what was added just now.
  const seen = deviceById(id) ?? device;
  const state = config ? (!config.enabled ? 'disabled' : seen.state === 'disabled' ? 'searching' : seen.state) : seen.state;
  const now = { ...seen, state };
  const manage = config !== null && may('admin');
  const page = pageOf(device);
  const Mark = isInverter(device) ? InverterMark : isBattery(device) ? Battery : isPlug(device) ? Plug : Question;
  const link = details?.link;
  const rssi = state === 'disabled' ? null : (link?.rssi ?? (isPlug(device) ? details?.values?.rssi : null));
  const outages = details?.outages?.count ?? 0;
  return (
    <li class="card device" data-device={id} data-kind={device.kind} data-state={state}>
      <div class="tile-head">
        <h3>
          <Mark />
          {page ? <Link to={page}>{name}</Link> : name}
        </h3>
        <p class="tile-state">
          <StateChip device={now} />
        </p>
      </div>
      <StateNote
        device={now}
        advice={!bluetooth?.reason || now.reason !== bluetooth.reason}
        adapter={config?.options.adapter}
        info={details?.info}
      />
      <p class="device-link">
        {rssi != null && <Signal rssi={rssi} old={!linkUp(state)} />}
        {link?.success_pct != null && state !== 'disabled' && <LinkQuality link={link} />}
        <span class="mono">{device.address}</span>
        {outages > 0 && (
          <span>
            {outages} {plural('outages', outages)} {t('inADay')}
          </span>
        )}
      </p>
      {sockets.length > 0 && <Sockets all={sockets} />}
      <div class="device-actions">
        <LinkActions device={now} />
        {manage && (
          <div class="manage">
            <button ref={button} class="button" type="button" data-do="manage" aria-expanded={open} onClick={() => setOpen(!open)}>
              {t('manage')}
              <span class="sr"> {name}</span>
            </button>
            {!(first && last) && (
              <span class="order">
                <button class="icon-button" type="button" data-do="up" disabled={first} aria-label={t('moveUp', { name })} onClick={() => onMove(-1)}>
                  <ArrowUp />
                </button>
                <button class="icon-button" type="button" data-do="down" disabled={last} aria-label={t('moveDown', { name })} onClick={() => onMove(1)}>
                  <ArrowDown />
                </button>
              </span>
            )}
          </div>
        )}
      </div>
      {manage && open && config && <DeviceForm device={config} adapters={bluetooth?.adapters ?? []} onDone={onDone} />}
    </li>
  );
}
