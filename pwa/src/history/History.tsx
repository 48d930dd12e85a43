import type { ComponentType } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Crumb } from '../components/Crumb';
import { t } from '../i18n';
import { pageOf } from '../kinds';
import { deviceById, session, snapshot } from '../store';
import { CellsTab } from './CellsTab';
import { EnergyTab } from './EnergyTab';
import { Fold } from './Fold';
import { FlowsTab, PlugsTab, SocTab, TemperaturesTab } from './LineTabs';
import { place, show, type Tab } from './place';
import { RangeBar } from './RangeBar';
import { StoragePart } from './StoragePart';
import { Tools } from './Tools';
import { tabNow, tabsThere } from './whose';

const views: Record<Tab, ComponentType> = { flows: FlowsTab, soc: SocTab, cells: CellsTab, temperatures: TemperaturesTab, plugs: PlugsTab, energy: EnergyTab };
const names = { flows: 'tabFlows', soc: 'tabSoc', cells: 'cells', temperatures: 'temperatures', plugs: 'plugs', energy: 'tabEnergy' } as const;

function Tabs({ now }: { now: Tab }) {
  const row = useRef<HTMLElement>(null);
  useEffect(() => {
    const current = row.current?.querySelector<HTMLElement>('[aria-current]'); // on a phone not all are in view
    if (row.current && current) row.current.scrollLeft = current.offsetLeft - (row.current.clientWidth - current.offsetWidth) / 2;
  }, [now]);
  return (
    <nav ref={row} class="history-tabs" aria-label={t('historyParts')}>
      {tabsThere().map((tab) => (
        <button key={tab} type="button" data-tab={tab} aria-current={tab === now ? 'page' : undefined} onClick={() => show({ tab, show: null })}>
          {t(names[tab])}
        </button>
      ))}
    </nav>
  );
}

/** What was: of the house and of each device, any time. */
export function History() {
  if (!snapshot.value) return <p class="loading">{t('loading')}</p>;
  const tab = tabNow();
  const { device: id } = place.value;
  const device = id === null ? undefined : deviceById(id);
  const page = device && pageOf(device);
  const View = tab && views[tab];
  return (
    <div class="history">
      {device && page && <Crumb to={page} title={device.name} />}
      <h1 class="sr" tabIndex={-1}>
        {t('history')}
      </h1>
      {!tab || !View ? (
        <p class="note">{t('noDevicesYet')}</p>
      ) : (
        <>
          <Tabs now={tab} />
          <section class="card history-card" aria-label={t(names[tab])} id="history-view" data-tab={tab}>
            <RangeBar tab={tab} />
            <Tools tab={tab} />
            <View key={tab} />
          </section>
        </>
      )}
      {session.value && (
        <section class="card part history-cost">
          <Fold title={t('storageTitle')} id="storage">
            {() => <StoragePart />}
          </Fold>
        </section>
      )}
    </div>
  );
}
