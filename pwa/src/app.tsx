import { useEffect } from 'preact/hooks';
import { Banner } from './components/Banner';
import { Header } from './components/Header';
import { SettingsSheet } from './components/SettingsSheet';
import { UpdatePrompt } from './components/UpdatePrompt';
import { t } from './i18n';
import { route } from './router';
import { deviceById, gate } from './store';
import { Away } from './views/Away';
import { Battery } from './views/Battery';
import { Claim } from './views/Claim';
import { Login } from './views/Login';
import { Lost } from './views/Lost';
import { Overview } from './views/Overview';

function View() {
  const r = route.value;
  if (r.view === 'battery') return <Battery key={r.id} id={r.id} />;
  if (r.view === 'lost') return <Lost title={t('notFoundTitle')} text={t('notFoundText')} />;
  return <Overview />;
}

function title(): string {
  if (gate.value === 'claim') return t('claimTitle');
  if (gate.value === 'login') return t('loginTitle');
  const r = route.value;
  if (r.view === 'battery') return deviceById(r.id)?.name ?? t('battery');
  return r.view === 'lost' ? t('notFoundTitle') : t('overview');
}

function House() {
  return (
    <>
      <a class="skip" href="#main">
        {t('skip')}
      </a>
      <Header />
      <Banner />
      <main id="main" tabIndex={-1}>
        <View />
      </main>
      <SettingsSheet />
    </>
  );
}

export function App() {
  const name = title();
  useEffect(() => {
    document.title = `${name} · svitlo`;
  }, [name]);
  return (
    <>
      {gate.value === 'starting' && <p class="loading">{t('loading')}</p>}
      {gate.value === 'claim' && <Claim />}
      {gate.value === 'login' && <Login />}
      {gate.value === 'away' && <Away />}
      {gate.value === 'app' && <House />}
      <UpdatePrompt />
    </>
  );
}
