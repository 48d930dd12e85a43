import { AlarmStrip } from '../components/AlarmStrip';
import { BankCard } from '../components/BankCard';
import { Bulb } from '../components/Icons';
import { PackTile } from '../components/PackTile';
import { t } from '../i18n';
import { snapshot } from '../store';

function Empty() {
  return (
    <section class="card empty">
      <Bulb />
      <h2>{t('emptyTitle')}</h2>
      <p>{t('emptyLead')}</p>
      <h3>{t('emptyScan')}</h3>
      <pre>bluetoothctl scan le</pre>
      <h3>{t('emptyAdd')}</h3>
      <pre>{`svitlo device add jk-bms "${t('emptyName')}" C8:47:80:12:34:56`}</pre>
      <p class="hint">{t('emptyThen')}</p>
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
