import { AlarmStrip } from '../components/AlarmStrip';
import { BankCard } from '../components/BankCard';
import { Bulb } from '../components/Icons';
import { PackTile } from '../components/PackTile';
import { t } from '../i18n';
import { Link } from '../router';
import { may, snapshot } from '../store';

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

export function Overview() {
  const live = snapshot.value?.live;
  if (!live) return <p class="loading">{t('loading')}</p>;
  const { bank, devices } = live;
  return (
    <>
      <h1 class="sr" tabIndex={-1}>
        {t('overview')}
      </h1>
      <AlarmStrip devices={devices} />
      {devices.length === 0 ? (
        <Empty />
      ) : (
        <div class={bank ? 'overview' : 'overview overview-no-bank'}>
          {bank && <BankCard bank={bank} />}
          <section class="packs" aria-labelledby="packs-title">
            <h2 id="packs-title">{t('packs')}</h2>
            <ul class="tiles">
              {devices.map((d) => (
                <PackTile key={d.id} device={d} />
              ))}
            </ul>
          </section>
        </div>
      )}
    </>
  );
}
