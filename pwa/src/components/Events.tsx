import { getEvents } from '../api';
import { knownDevice, nameOf } from '../devices';
import { label, show } from '../flat';
import { LEAST_WH } from '../energy';
import { duration, lasted, moment, num, qty } from '../format';
import { alarmWord, inner, t, word } from '../i18n';
import { reasonsOf } from '../kinds';
import { switchedBy } from '../switching';
import type { Happening } from '../types';
import { Log } from './Log';

/** A link that dropped was not silent before: the second since its last frame says nothing. */
const SILENT_MS = 2000;

const text = (v: unknown) => (typeof v === 'string' ? v : '');
const seconds = (ms: unknown) => (typeof ms === 'number' ? duration(ms / 1000) : null);

const number = (v: unknown) => (typeof v === 'number' ? v : null);

/** What is known of an outage's beginning or end: charge, what the battery gave, how sure the time is. */
function gridDetails(d: Record<string, unknown>): string[] {
  const [soc, from, to, wh] = ['soc', 'soc_from', 'soc_to', 'battery_wh'].map((k) => number(d[k]));
  const unsure = seconds(d['unsure_ms']);
  return [
    soc != null && t('outageSocAt', { x: qty(soc, 0, '%') }),
    from != null && to != null && num(from) !== num(to) && t('outageSoc', { a: num(from), b: num(to) }),
    wh != null && wh >= LEAST_WH && t('outageUsed', { x: qty(wh / 1000, 1, 'kWh') }),
    unsure && t('outageUnsure', { x: unsure }),
  ].filter((x) => x !== false && x !== null);
}

/** What happened, in words. */
export function sentence({ kind, data, device }: Happening): string {
  const d = data ?? {};
  const of = device === null ? undefined : knownDevice(device);
  const why = text(d['reason']) && word(of ? reasonsOf(of) : 'reason', text(d['reason']));
  if (kind === 'setting_changed') {
    const key = text(d['key']);
    return `${label('set', key)}: ${show(key, d['old'])} → ${show(key, d['new'])}`;
  }
  if (kind === 'device_lost') {
    const ms = d['silent_ms'];
    const silent = typeof ms === 'number' && ms >= SILENT_MS && seconds(ms);
    return [t('eventLost'), why && `: ${inner(why)}`, silent && `; ${t('silentFor', { x: silent })}`].filter(Boolean).join('');
  }
  if (kind === 'device_back') {
    const lost = seconds(d['lost_ms']);
    const cure = text(d['cure']);
    return [lost ? t('eventBack', { x: lost }) : t('eventBackPlain'), cure && `; ${t('helped', { x: word('cure', cure) })}`]
      .filter(Boolean)
      .join('');
  }
  if (kind === 'alarm_began') return t('eventAlarm', { x: inner(alarmWord(text(d['name']))) });
  if (kind === 'alarm_ended') {
    const lasted = seconds(d['for_ms']);
    const x = inner(alarmWord(text(d['name'])));
    return lasted ? t('eventAlarmOverAfter', { x, t: lasted }) : t('eventAlarmOver', { x });
  }
  if (kind === 'grid_lost') return [word('event', kind), ...gridDetails(d)].join('; ');
  if (kind === 'grid_back') {
    const lost = number(d['lost_ms']);
    return [lost != null ? t('eventGridBack', { x: lasted(lost) }) : word('event', kind), ...gridDetails(d)].join('; ');
  }
  if (kind === 'switched' && (d['action'] === 'on' || d['action'] === 'off')) return switchedBy(d['action'], text(d['result']), text(d['by']));
  if (kind === 'clock_jump') return t('eventClock', { x: seconds(Math.abs(Number(d['by_ms']))) ?? '' });
  if (kind === 'adapter_power_cycle') return t('eventPowerCycle', { x: text(d['adapter']) });
  return word('event', kind);
}

const iconOf: Record<string, string> = {
  device_lost: 'away',
  device_back: 'live',
  setting_changed: 'set',
  alarm_began: 'away',
  alarm_ended: 'live',
  adapter_power_cycle: 'away',
  grid_lost: 'away',
  grid_back: 'live',
};

function Item({ event, named }: { event: Happening; named: boolean }) {
  const name = named && event.device !== null ? (nameOf(event.device) ?? t('removedDevice', { n: event.device })) : null;
  return (
    <li class={`event event-${iconOf[event.kind] ?? 'plain'}`} data-kind={event.kind}>
      <time dateTime={new Date(event.t_ms).toISOString()}>{moment(event.t_ms)}</time>
      <p>
        {name && <span class="event-name">{name}: </span>}
        {name ? inner(sentence(event)) : sentence(event)}
      </p>
    </li>
  );
}

const keyOf = (e: Happening) => `${e.t_ms} ${e.kind} ${e.device} ${text(e.data?.['key'] ?? e.data?.['name'])}`;

/** What happened, newest first; `device` null: in the whole house. */
export function Events({ device }: { device: number | null }) {
  return (
    <Log
      id="events"
      title={t('events')}
      none={t('noEvents')}
      act="older"
      everyMs={10_000}
      page={10}
      fetch={async (before: Happening | null, limit) => (await getEvents(device, before?.t_ms ?? null, limit)).events}
      keyOf={keyOf}
      item={(e) => <Item key={keyOf(e)} event={e} named={device === null} />}
      of={device}
    />
  );
}
