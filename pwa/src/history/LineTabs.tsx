import { useMemo } from 'preact/hooks';
import { t } from '../i18n';
import { LinesView } from './LinesView';
import type { Line } from './lines';
import type { Tab } from './place';
import { chosen, flowLines, metricName, packLines, packMetric, plugLines, temperatureLines } from './whose';

/** The same object as long as it says the same: devices are told anew every two seconds. */
function useSame(lines: Line[]): Line[] {
  return useMemo(() => lines, [JSON.stringify(lines)]);
}

const SOC = [0, 100] as const;

const idOf = (tab: Tab): number | null => chosen(tab)?.id ?? null;

export function FlowsTab() {
  const one = idOf('flows');
  const lines = useSame(flowLines());
  return <LinesView title={t('tabFlows')} lines={lines} reach="zero" csv={one ? 'inverter' : 'house'} device={one} />;
}

export function SocTab() {
  const lines = useSame(packLines());
  const metric = packMetric();
  const reach = metric === 'soc' ? SOC : metric === 'voltage' ? 'near' : 'zero';
  return <LinesView title={metricName(metric)} lines={lines} reach={reach} csv="battery" device={idOf('soc')} />;
}

export function TemperaturesTab() {
  const lines = useSame(temperatureLines());
  return (
    <>
      <LinesView title={t('temperatures')} lines={lines} reach="near" csv="all" device={idOf('temperatures')} />
      {!chosen('temperatures') && <p class="hint">{t('allSensors')}</p>}
    </>
  );
}

export function PlugsTab() {
  const lines = useSame(plugLines());
  if (lines.length === 0) return <p class="note">{t('noMeters')}</p>;
  return <LinesView title={t('plugs')} lines={lines} reach="zero" csv="plug" device={idOf('plugs')} switches />;
}
