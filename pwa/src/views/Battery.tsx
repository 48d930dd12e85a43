import { useEffect, useState } from 'preact/hooks';
import { ApiError, getDevice } from '../api';
import { BatteryHead } from '../components/BatteryHead';
import { About, BmsSettings, Cells, LinkPart, Switches, Temperatures, Wear, Wires } from '../components/BatteryParts';
import { Back } from '../components/Icons';
import { t } from '../i18n';
import { Link } from '../router';
import { deviceById, session, snapshot } from '../store';
import type { DeviceDetails } from '../types';
import { Lost } from './Lost';

const DETAILS_EVERY_MS = 10_000;

/** Link, info and settings: they change rarely, so they are asked for rarely. */
function useDetails(id: number) {
  const [details, setDetails] = useState<DeviceDetails | null>(null);
  const [failed, setFailed] = useState(false);
  const loggedIn = Boolean(session.value);
  useEffect(() => {
    setDetails(null);
    if (!loggedIn) return undefined;
    const stop = new AbortController();
    const load = async () => {
      if (document.hidden) return;
      try {
        setDetails(await getDevice(id, stop.signal));
        setFailed(false);
      } catch (e) {
        if (e instanceof ApiError && !stop.signal.aborted) setFailed(true);
      }
    };
    void load();
    const timer = setInterval(load, DETAILS_EVERY_MS);
    document.addEventListener('visibilitychange', load);
    return () => {
      stop.abort();
      clearInterval(timer);
      document.removeEventListener('visibilitychange', load);
    };
  }, [id, loggedIn]);
  return { details: details?.id === id ? details : null, failed };
}

export function Battery({ id }: { id: number }) {
  const { details, failed } = useDetails(id);
  const device = deviceById(id);
  if (!snapshot.value) return <p class="loading">{t('loading')}</p>;
  if (!device) return <Lost title={t('noDeviceTitle')} />;
  return (
    <>
      <nav class="crumbs" aria-label={t('overview')}>
        <Link to="/">
          <Back />
          {t('back')}
        </Link>
      </nav>
      <div class="battery">
        <BatteryHead device={device} />
        <Cells device={device} />
        <div class="parts">
          <Temperatures device={device} />
          <Switches device={device} />
          <Wear device={device} />
          <Wires device={device} />
          {details && <LinkPart device={details} />}
          {details && <About info={details.info} />}
        </div>
        {details ? (
          <BmsSettings settings={details.settings} />
        ) : (
          <p class="hint">{t(failed || !session.value ? 'detailsFailed' : 'loading')}</p>
        )}
      </div>
    </>
  );
}
