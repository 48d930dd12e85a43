import { factsOf, restOf, show } from '../flat';
import { unit } from '../format';
import { lang, t, word } from '../i18n';
import { settingGroups, slotKeys, slotNumbers } from '../inverter-keys';
import { serverNow } from '../store';
import type { Block, Flat } from '../types';
import { Facts } from './Facts';
import { Part } from './Part';

/** What a register holds that this model does not have. */
const NOTHING = 0xffff;

const BY_SOC = 1; // battery_operation: the slots aim at a charge, else at a voltage
const SELL = { hybrid1p: 1 << 6, other: 1 << 5 };

const minutesOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

interface Clock {
  minutes: number;
  /** 0: Monday. */
  weekday: number;
}

/** The inverter's own clock, which decides: the house's time, and how far it is off. */
function clockOf(zone: string | null, drift_s: number): Clock {
  const at = new Date(serverNow() + drift_s * 1000);
  const text = (timeZone?: string) =>
    at.toLocaleString('en-GB', { weekday: 'short', hour: '2-digit', minute: '2-digit', ...(timeZone && { timeZone }) });
  let now: string;
  try {
    now = text(zone ?? undefined);
  } catch {
    now = text(); // a browser that does not know the zone
  }
  return { minutes: minutesOf(now.slice(-5)), weekday: ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].indexOf(now.slice(0, 3)) };
}

/** Is it now between the two? A slot ends where the next one begins, past midnight too. */
function isWithin(now: number, from: number, to: number): boolean {
  return from <= to ? now >= from && now < to : now >= from || now < to;
}

function dayName(weekday: number): string {
  const monday = new Date(2024, 0, 1 + weekday);
  return monday.toLocaleDateString(lang.value === 'uk' ? 'uk-UA' : 'en-GB', { weekday: 'short' });
}

function daysText(bits: number): string {
  const days = [0, 1, 2, 3, 4, 5, 6].filter((d) => (bits >> (d + 1)) & 1);
  if (!(bits & 1) || days.length === 0) return t('off');
  return days.length === 7 ? t('everyDay') : days.map(dayName).join(', ');
}

/** The timetable: six slots, of which the one that holds now is marked. */
function Timetable({ v, zone, drift_s }: { v: Flat; zone: string | null; drift_s: number }) {
  const times = slotNumbers.map((n) => String(v[`prog${n}_time`] ?? ''));
  if (times.some((x) => !/^\d\d:\d\d$/.test(x))) return null;
  const bits = Number(v['time_of_use'] ?? 0);
  const now = clockOf(zone, drift_s);
  const on = Boolean(bits & 1 && (bits >> (now.weekday + 1)) & 1);
  const bySoc = v['battery_operation'] === BY_SOC;
  const goal = bySoc ? 'soc_pct' : 'voltage_v';
  const sell = v['protocol'] === 'hybrid1p' ? SELL.hybrid1p : SELL.other;
  const sourceOf = (n: number) => {
    const charge = Number(v[`prog${n}_charge`] ?? 0);
    return [word('code', `prog_charge_${charge & 3}`), charge & sell && t('slotSells')].filter(Boolean).join(', ');
  };
  return (
    <details open class="timetable" id="timetable">
      <summary>
        {t('timetable')}: {daysText(bits)}
      </summary>
      <table class="lines">
        <thead>
          <tr>
            <th scope="col">{t('slotFrom')}</th>
            <th scope="col">{t('slotGoal')}</th>
            <th scope="col">
              {t('slotPower')}
              <small>{unit('W')}</small>
            </th>
            <th scope="col">{t('slotCharge')}</th>
          </tr>
        </thead>
        <tbody>
          {slotNumbers.map((n, i) => {
            const current = on && isWithin(now.minutes, minutesOf(times[i] ?? ''), minutesOf(times[(i + 1) % times.length] ?? ''));
            return (
              <tr key={n} class={current ? 'slot-now' : ''} aria-current={current ? 'time' : undefined}>
                <th scope="row">
                  {times[i]}
                  {current && <small>{t('slotNow')}</small>}
                </th>
                <td class="num">{show(goal, v[`prog${n}_${goal}`])}</td>
                <td class="num">{show('', v[`prog${n}_power_w`])}</td>
                <td>{sourceOf(n)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </details>
  );
}

export function InverterSettings({ settings, zone, drift_s }: { settings: Block | null; zone: string | null; drift_s: number }) {
  const v = settings && Object.fromEntries(Object.entries(settings.values).filter(([, x]) => x !== NOTHING));
  if (!v)
    return (
      <Part title={t('inverterSettings')}>
        <p class="note">{t('notSentYetInverter')}</p>
      </Part>
    );
  const slots = slotNumbers.flatMap((n) => slotKeys.map((k) => `prog${n}_${k}`));
  const lists = Object.entries(settingGroups) as [string, readonly string[]][];
  const rest = restOf(v, [...Object.values(settingGroups), slots, ['protocol', 'time_of_use']]);
  return (
    <Part title={t('inverterSettings')} class="bms-settings" id="settings">
      <p class="hint">{t('inverterSettingsHint')}</p>
      <Timetable v={v} zone={zone} drift_s={drift_s} />
      {[...lists, ['other', rest] as const].map(([group, keys]) => {
        const facts = factsOf('set', v, keys);
        return facts.length === 0 ? null : (
          <details key={group} open={group === 'work'}>
            <summary>{word('group', group)}</summary>
            <Facts facts={facts} />
          </details>
        );
      })}
    </Part>
  );
}
