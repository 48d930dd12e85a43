import { label, show } from '../flat';
import { qty } from '../format';
import { plural, t, word } from '../i18n';
import type { Probe } from '../types';
import { Facts, type FactRow } from './Facts';

/** What a plug says when it is checked before it is added. */
export function PlugFacts({ probe }: { probe: Probe }) {
  const { info, reading: r, link, sockets } = probe;
  const rows: FactRow[] = (['model', 'nickname', 'firmware', 'mac'] as const).flatMap((k) => (info?.[k] == null ? [] : [{ label: label('info', k), value: show(k, info[k]) }]));
  if (r?.on != null) rows.push({ label: t('nowState'), value: t(r.on ? 'on' : 'off') });
  if (r?.power != null) rows.push({ label: word('metric', 'power'), value: qty(r.power, 1, 'W') });
  else if (info?.['measures'] === false) rows.push({ label: word('metric', 'power'), value: t('noMeterShort') });
  if (r?.rssi != null) rows.push({ label: t('rssi'), value: qty(r.rssi, 0, 'dBm') });
  if (link?.transport) rows.push({ label: t('transport'), value: word('plugTransport', link.transport) });
  return (
    <>
      <Facts facts={rows} />
      {sockets && sockets.length > 0 && (
        <p>
          {t('stripHas', { n: sockets.length, sockets: plural('sockets', sockets.length) })}{' '}
          {sockets.map((s) => `${s.name || s.position}${s.on === null ? '' : ` (${t(s.on ? 'on' : 'off')})`}`).join(', ')}
        </p>
      )}
    </>
  );
}
