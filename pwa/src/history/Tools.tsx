import { Select } from '../components/Select';
import { t } from '../i18n';
import { Box } from './Box';
import { place, show, span, today, type Tab } from './place';
import { devicesOf, metricName, packMetric, packMetrics } from './whose';
import { isDay, plusDays } from './zone';

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

/** Another day over the one that is looked at. */
function Compare() {
  const { compare } = place.value;
  const before = plusDays(span.value.first, -1);
  return (
    <div class="compare">
      <Box id="compare" type="date" label={t('compareWith')} value={compare ?? ''} max={today.value} onInput={(v) => show({ compare: isDay(v) ? v : null })} />
      {compare ? (
        <button class="link-button" type="button" data-do="compare-off" onClick={() => show({ compare: null })}>
          {t('compareOff')}
        </button>
      ) : (
        <button class="link-button" type="button" data-do="compare-before" onClick={() => show({ compare: before })}>
          {t('compareBefore')}
        </button>
      )}
    </div>
  );
}

/** Of whom and what the tab tells. */
export function Tools({ tab }: { tab: Tab }) {
  return (
    <div class="history-tools">
      {tab !== 'energy' && <Whose tab={tab} />}
      {tab === 'soc' && <What />}
      {tab !== 'energy' && tab !== 'cells' && span.value.kind === 'day' && <Compare />}
    </div>
  );
}
