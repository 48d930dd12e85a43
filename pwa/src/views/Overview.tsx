import type { ComponentType } from 'preact';
import { AlarmStrip } from '../components/AlarmStrip';
import { BankCard } from '../components/BankCard';
import { HouseCard } from '../components/HouseCard';
import { Bulb } from '../components/Icons';
import { InverterTile } from '../components/InverterTile';
import { PackTile } from '../components/PackTile';
import { t } from '../i18n';
import { isBattery, isInverter, isPlug } from '../kinds';
import { plugsCard } from '../lazy';
import { Link } from '../router';
import { may, snapshot } from '../store';
import type { Device } from '../types';

const PlugsCard = plugsCard.part((m) => m.PlugsCard);

function Empty() {
  return (
    <section class="card empty">
      <Bulb />
      <h2>{t('emptyTitle')}</h2>
      <p>{t(may('admin') ? 'emptyLead' : 'askOwner')}</p>
      {may('admin') && (
        <Link to="/devices/add" class="button primary big">
          {t('addTitle')}
        </Link>
      )}
    </section>
  );
}

function Tiles({ id, title, devices, tile: TileOf }: { id: string; title: string; devices: Device[]; tile: ComponentType<{ device: Device }> }) {
  return (
    <section class="packs" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <ul class="tiles">
        {devices.map((d) => (
          <TileOf key={d.id} device={d} />
        ))}
      </ul>
    </section>
  );
}

export function Overview() {
  const live = snapshot.value?.live;
  if (!live) return <p class="loading">{t('loading')}</p>;
  const { bank, house, devices } = live;
  const batteries = devices.filter(isBattery);
  const inverters = devices.filter(isInverter);
  // of a single one the house's picture says it all
  const several = inverters.length > 1 || (inverters.length > 0 && !house);
  return (
    <>
      <h1 class="sr" tabIndex={-1}>
        {t('overview')}
      </h1>
      <AlarmStrip devices={devices} />
      {devices.length === 0 ? (
        <Empty />
      ) : (
        <div class={`overview${house ? ' overview-house' : ''}${bank ? '' : ' overview-no-bank'}`}>
          {house && <HouseCard house={house} bank={bank} inverters={inverters} />}
          {bank && <BankCard bank={bank} />}
          {several && <Tiles id="inverters-title" title={t('inverters')} devices={inverters} tile={InverterTile} />}
          {batteries.length > 0 && <Tiles id="packs-title" title={t('packs')} devices={batteries} tile={PackTile} />}
          {devices.some(isPlug) && <PlugsCard devices={devices} />}
        </div>
      )}
    </>
  );
}
