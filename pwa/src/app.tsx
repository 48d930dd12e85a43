import { useEffect } from 'preact/hooks';
import { Banner } from './components/Banner';
import { Header } from './components/Header';
import { NoticeBar } from './components/NoticeBar';
import { SettingsSheet } from './components/SettingsSheet';
import { UpdatePrompt } from './components/UpdatePrompt';
import { t } from './i18n';
import { more, past, plugs } from './lazy';
import { route } from './router';
import { deviceById, gate } from './store';
import { Away } from './views/Away';
import { Battery } from './views/Battery';
import { Claim } from './views/Claim';
import { Login } from './views/Login';
import { Lost } from './views/Lost';
import { Overview } from './views/Overview';

const AddDevices = more.page((m) => m.AddDevices);
const Devices = more.page((m) => m.Devices);
const History = past.page((m) => m.History);
const Inverter = more.page((m) => m.Inverter);
const Plug = plugs.page((m) => m.Plug);
const Plugs = plugs.page((m) => m.Plugs);

function View() {
  const r = route.value;
  if (r.view === 'battery') return <Battery key={r.id} id={r.id} />;
  if (r.view === 'inverter') return <Inverter key={r.id} id={r.id} />;
  if (r.view === 'plug') return <Plug key={r.id} id={r.id} />;
  if (r.view === 'plugs') return <Plugs />;
  if (r.view === 'history') return <History />;
  if (r.view === 'devices') return <Devices />;
  if (r.view === 'add') return <AddDevices />;
  if (r.view === 'lost') return <Lost title={t('notFoundTitle')} text={t('notFoundText')} />;
  return <Overview />;
}

const titles = { overview: 'overview', devices: 'devices', plugs: 'plugs', history: 'history', add: 'addTitle', lost: 'notFoundTitle' } as const;

function title(): string {
  if (gate.value === 'claim') return t('claimTitle');
  if (gate.value === 'login') return t('loginTitle');
  const r = route.value;
  if ('id' in r) return deviceById(r.id)?.name ?? t(r.view);
  return t(titles[r.view]);
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
      <div class="toasts">
        {gate.value === 'app' && <NoticeBar />}
        <UpdatePrompt />
      </div>
    </>
  );
}
