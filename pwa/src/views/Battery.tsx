import { BatteryHead } from '../components/BatteryHead';
import { About, BmsSettings, Cells, Switches, Temperatures, Wear, Wires } from '../components/BatteryParts';
import { Capture } from '../components/Capture';
import { Crumb } from '../components/Crumb';
import { Events } from '../components/Events';
import { LinkPart } from '../components/LinkPart';
import { useDetails } from '../devices';
import { t } from '../i18n';
import { isBattery } from '../kinds';
import { deviceById, may, session, snapshot } from '../store';
import { Lost } from './Lost';

export function Battery({ id }: { id: number }) {
  const { details, failed } = useDetails(id);
  const device = deviceById(id);
  if (!snapshot.value) return <p class="loading">{t('loading')}</p>;
  if (!device || !isBattery(device)) return <Lost title={t('noDeviceTitle')} />;
  return (
    <>
      <Crumb to="/" title={t('overview')} />
      <div class="battery">
        <BatteryHead device={device} details={details} />
        <Cells device={device} />
        <div class="parts">
          <Temperatures device={device} />
          <Switches device={device} />
          <Wear device={device} />
          <Wires device={device} />
          {details && <LinkPart device={{ ...details, ...device }} />}
          {details && <About info={details.info} />}
        </div>
        {details ? (
          <BmsSettings settings={details.settings} />
        ) : (
          <p class="hint">{t(failed || !session.value ? 'detailsFailed' : 'loading')}</p>
        )}
        {session.value && (
          <div class="battery-more">
            <Events device={id} />
            {may('admin') && device.state !== 'disabled' && <Capture device={id} />}
          </div>
        )}
      </div>
    </>
  );
}
