import { alarmsOf } from '../energy';
import { alarmWord, t } from '../i18n';
import { pageOf } from '../kinds';
import { Link } from '../router';
import type { Device } from '../types';
import { Warning } from './Icons';

/** Alarms of all devices, above everything else: they must not wait below the fold. */
export function AlarmStrip({ devices }: { devices: Device[] }) {
  const alarmed = devices.filter((d) => d.state !== 'disabled' && alarmsOf(d.values).length > 0);
  return (
    <section class={alarmed.length ? 'strip' : 'strip-none'} aria-label={t('alarms')} aria-live="polite">
      {alarmed.map((d) => (
        <Link key={d.id} to={pageOf(d) ?? '/devices'}>
          <Warning />
          <span>
            <b>{d.name}:</b> {alarmsOf(d.values).map(alarmWord).join(', ')}
          </span>
        </Link>
      ))}
    </section>
  );
}
