import { Crumb } from '../components/Crumb';
import { Events } from '../components/Events';
import { AlarmList } from '../components/AlarmList';
import { Journal } from '../components/Journal';
import { OnFor } from '../components/OnFor';
import { Part } from '../components/Part';
import { PastLink } from '../components/PastLink';
import { PlugCard } from '../components/PlugCard';
import { DeviceForm } from '../components/DeviceForm';
import { PlugLine } from '../components/PlugLine';
import { AboutPlug, PlugEnergy, PlugLinkPart, PlugMarks, PlugMeasured, SocketsCount } from '../components/PlugParts';
import { PlugSums } from '../components/PlugSums';
import { StateNote } from '../components/StateNote';
import { Timers } from '../components/Timers';
import { useDetails } from '../devices';
import { alarmsOf, noticesOf } from '../energy';
import { t } from '../i18n';
import { isPlug } from '../kinds';
import { isStrip, socketsOf, stateOf } from '../plugs';
import { go } from '../router';
import { deviceById, may, qualityNow, session, snapshot } from '../store';
import type { Device, DeviceDetails } from '../types';
import { useState } from 'preact/hooks';
import { Lost } from './Lost';

function Head({ device, details }: { device: Device; details: DeviceDetails | null }) {
  const strip = isStrip(device);
  return (
    <section class={`card plug-head quality-${qualityNow(device)}`} id="head" data-device={device.id}>
      <PlugLine device={device}>
        <h1 tabIndex={-1}>{device.name}</h1>
      </PlugLine>
      <AlarmList names={alarmsOf(device.values)} kind="alarm" advice />
      <AlarmList names={noticesOf(device.values)} kind="notice" advice />
      <StateNote device={device} advice said={stateOf(device) === 'trouble'} />
      {strip && <SocketsCount device={device} />}
      {strip && <PlugSums plugs={socketsOf(device)} />}
      <PlugMarks device={device} notes={details?.options.notes} />
      {!strip && <PastLink device={device.id} />}
      {!strip && <OnFor device={device} />}
    </section>
  );
}

/** What the owner may change of it; on demand, for it is rarely needed. */
function Manage({ details }: { details: DeviceDetails }) {
  const [open, setOpen] = useState(false);
  if (!may('admin')) return null;
  return (
    <Part title={t('settings')} id="plug-settings">
      {open ? (
        <DeviceForm device={details} adapters={[]} onDone={() => setOpen(false)} onRemoved={() => go('/devices')} />
      ) : (
        <button class="button" type="button" data-do="manage" onClick={() => setOpen(true)}>
          {t('plugManage')}
        </button>
      )}
    </Part>
  );
}

/** One plug, socket or strip. */
export function Plug({ id }: { id: number }) {
  const { details, failed } = useDetails(id);
  const device = deviceById(id);
  if (!snapshot.value) return <p class="loading">{t('loading')}</p>;
  if (!device || !isPlug(device)) return <Lost title={t('noPlugTitle')} />;
  const strip = isStrip(device);
  return (
    <>
      <Crumb to="/plugs" title={t('plugs')} />
      <div class="battery plug-page">
        <Head device={device} details={details} />
        {strip && (
          <Part title={t('socketsTitle')} id="sockets">
            <ul class="strip-sockets">
              {socketsOf(device).map((d) => (
                <PlugCard key={d.id} device={d} inStrip />
              ))}
            </ul>
          </Part>
        )}
        <div class={`parts quality-${qualityNow(device)}`}>
          {!strip && session.value && (
            <Part title={t('timers')} id="timers">
              <Timers device={device} />
            </Part>
          )}
          <PlugEnergy device={device} />
          <PlugMeasured device={device} />
          {details && <PlugLinkPart device={{ ...details, ...device }} />}
          {details && <AboutPlug info={details.info} />}
          {details && <Manage details={details} />}
        </div>
        {!details && <p class="hint">{t(failed || !session.value ? 'detailsFailed' : 'loading')}</p>}
        {session.value && (
          <div class="battery-more">
            <Journal device={id} />
            <Events device={id} />
          </div>
        )}
      </div>
    </>
  );
}
