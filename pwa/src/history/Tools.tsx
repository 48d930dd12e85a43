import { Select } from '../components/Select';
import { t } from '../i18n';
import { Box } from './Box';
import { comparable, place, show, today, type Tab } from './place';
import { devicesOf, metricName, packMetric, packMetrics } from './whose';
import { isDay, type Day } from './zone';

function Whose({ tab }: { tab: Tab }) {
  const all = devicesOf(tab);
  const { device } = place.value;
  if (all.length < 2) return null;
  const everyone = tab === 'cells' ? [] : [{ value: '', label: t(tab === 'flows' ? 'wholeHouse' : 'allDevices') }];
  const value = all.some((d) => d.id === device) ? String(device) : tab === 'cells' ? String(all[0]?.id) : '';
  return <Select id="history-device" label={t('whose')} value={value} options={[...everyone, ...all.map((d) => ({ value: String(d.id), label: d.name }))]} onChange={(v) => show({ device: Number(v) || null })} />;
}

function What() {
  return <Select id="history-show" label={t('what')} value={packMetric()} options={packMetrics.map((value) => ({ value, label: metricName(value) }))} onChange={(v) => show({ show: v === 'soc' ? null : v })} />;
}

/** The day that lies over the one that is looked at. */
function Compare({ day }: { day: Day }) {
  return (
    <div class="compare">
      <Box id="compare" type="date" label={t('compareWith')} value={day} max={today.value} onInput={(v) => isDay(v) && show({ compare: v })} />
      <button class="link-button" type="button" data-do="compare-off" onClick={() => show({ compare: null })}>
        {t('compareOff')}
      </button>
    </div>
  );
}

/** Of whom and what the tab tells. */
export function Tools({ tab }: { tab: Tab }) {
  const { compare } = place.value;
  return (
    <div class="history-tools">
      {tab !== 'energy' && <Whose tab={tab} />}
      {tab === 'soc' && <What />}
      {compare && comparable(tab) && <Compare day={compare} />}
    </div>
  );
}
