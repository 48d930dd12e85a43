import { Crumb } from '../components/Crumb';
import { Events } from '../components/Events';
import { GridOutages } from '../components/GridOutages';
import { InverterHead } from '../components/InverterHead';
import { InverterLink } from '../components/InverterLink';
import { AboutInverter, Energies, Measured, Running } from '../components/InverterParts';
import { InverterSettings } from '../components/InverterSettings';
import { useDetails } from '../devices';
import { t } from '../i18n';
import { isInverter } from '../kinds';
import { deviceById, qualityNow, session, snapshot } from '../store';
import { Lost } from './Lost';

export function Inverter({ id }: { id: number }) {
  const { details, failed } = useDetails(id);
  const device = deviceById(id);
  if (!snapshot.value) return <p class="loading">{t('loading')}</p>;
  if (!device || !isInverter(device)) return <Lost title={t('noInverterTitle')} />;
  const house = snapshot.value.live.house;
  return (
    <>
      <Crumb to="/" title={t('overview')} />
      <div class="battery inverter">
        <InverterHead device={device} />
        <div class={`parts quality-${qualityNow(device)}`}>
          <Measured device={device} info={details?.info ?? null} />
          <Energies device={device} />
          <Running device={device} />
          {details && <AboutInverter info={details.info} />}
          {details && <InverterLink device={{ ...details, ...device }} />}
        </div>
        {details ? (
          <InverterSettings settings={details.settings} zone={house?.zone ?? null} drift_s={device.values?.clock_drift_s ?? 0} />
        ) : (
          <p class="hint">{t(failed || !session.value ? 'detailsFailed' : 'loading')}</p>
        )}
        {session.value && (
          <div class="battery-more">
            <GridOutages />
            <Events device={id} />
          </div>
        )}
      </div>
    </>
  );
}
