import { Crumb } from '../components/Crumb';
import { Journal } from '../components/Journal';
import { PlugCard, StripCard } from '../components/PlugCard';
import { Plug as PlugMark } from '../components/PlugIcon';
import { PlugSums } from '../components/PlugSums';
import { TapoAccount } from '../components/TapoAccount';
import { AlarmStrip } from '../components/AlarmStrip';
import { t } from '../i18n';
import { isPlug, isSocket } from '../kinds';
import { inOrder, isStrip, switchable } from '../plugs';
import { Link } from '../router';
import { may, session, snapshot } from '../store';

/** All plugs of the house, strips with their sockets, and what became of each order. */
export function Plugs() {
  const all = snapshot.value?.live.devices.filter(isPlug);
  if (!all) return <p class="loading">{t('loading')}</p>;
  const known = new Set(all.map((d) => d.id));
  // a socket whose strip is not there stands for itself
  const tops = inOrder(all.filter((d) => !isSocket(d) || d.parent == null || !known.has(d.parent)));
  const accountless = all.some((d) => d.reason === 'no_account' || d.reason === 'wrong_password');
  return (
    <>
      <Crumb to="/" title={t('overview')} />
      <div class="page-head">
        <h1 tabIndex={-1}>{t('plugs')}</h1>
        {may('admin') && all.length > 0 && (
          <Link to="/devices/add" class="button primary add">
            {t('addTitle')}
          </Link>
        )}
      </div>
      <AlarmStrip devices={all} />
      {all.length === 0 ? (
        <section class="card empty">
          <PlugMark />
          <h2>{t('noPlugsTitle')}</h2>
          <p>{t(may('admin') ? 'noPlugsLead' : 'askOwner')}</p>
          {may('admin') && (
            <Link to="/devices/add" class="button primary big">
              {t('addTitle')}
            </Link>
          )}
        </section>
      ) : (
        <>
          {accountless && session.value && <TapoAccount />}
          <PlugSums plugs={switchable(all)} />
          <ul class="plug-cards" id="plug-list">
            {tops.map((d) => (isStrip(d) ? <StripCard key={d.id} device={d} /> : <PlugCard key={d.id} device={d} />))}
          </ul>
        </>
      )}
      {session.value && (
        <div class="devices-more">
          {all.length > 0 && <Journal device={null} />}
          {!accountless && <TapoAccount />}
        </div>
      )}
    </>
  );
}
