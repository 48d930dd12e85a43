import { isDoubtful, kilo } from '../energy';
import { t, word } from '../i18n';
import { pageOf } from '../kinds';
import { Link } from '../router';
import { qualityNow } from '../store';
import { channels, type Bank, type Device, type House } from '../types';
import { Fact } from './Facts';
import { FlowPicture } from './FlowPicture';
import { GridLine, gridNow } from './GridLine';
import { Members } from './Members';
import { Num } from './Num';
import { StateChip } from './StateChip';
import { StateNote } from './StateNote';

/** What the clocks there show, if they show another time than here. */
function zoneNote(zone: string | null): string | null {
  if (!zone) return null;
  try {
    const at = (timeZone?: string) => new Date().toLocaleString('en-GB', timeZone ? { timeZone } : {});
    return at(zone) === at() ? null : t('zoneOf', { zone });
  } catch {
    return null; // a browser that does not know the zone
  }
}

/** The house's energies of today, by its own midnight. */
function Today({ house }: { house: House }) {
  const note = zoneNote(house.zone);
  return (
    <div class="today" id="today">
      <h3>
        {t('today')}
        {note && <small>{note}</small>}
      </h3>
      <dl>
        {channels.map((c) => {
          const wh = house.today[`${c}_wh`];
          if (c === 'gen' && !wh) return null;
          return (
            <Fact key={c} label={word('channel', c)} id={`today-${c}`}>
              <Num v={kilo(wh)} digits={1} u="kWh" />
            </Fact>
          );
        })}
      </dl>
    </div>
  );
}

/** One inverter is the house's: its name leads to its page, its trouble stands here. */
function Only({ device }: { device: Device }) {
  return (
    <>
      <p class="only">
        <Link to={pageOf(device) ?? '/'}>{device.name}</Link>
        <span class="tile-state">
          <StateChip device={device} />
        </span>
      </p>
      <StateNote device={device} />
    </>
  );
}

function batteryOf(values: House['values'], bank: Bank | null) {
  const quality = bank && qualityNow(bank);
  const known = quality === 'ok' || quality === 'suspect' ? (bank?.values ?? null) : null;
  if (!bank && values.battery_power == null && values.battery_soc == null) return null;
  const bySoc = known?.soc ?? null;
  return {
    w: values.battery_power ?? known?.power ?? null,
    soc: bySoc ?? values.battery_soc ?? null,
    hint: t(bySoc === null ? 'batteryByInverter' : 'batteryByBms'),
  };
}

interface CardProps {
  house: House;
  bank: Bank | null;
  inverters: Device[];
}

/** The house at a glance: is there a grid, what flows where, what the day brought. */
export function HouseCard({ house, bank, inverters }: CardProps) {
  const only = inverters.length === 1 ? inverters[0] : undefined;
  const ages = inverters.flatMap((d) => d.age_ms ?? []);
  const age_ms = ages.length ? Math.min(...ages) : null;
  // nobody sums up what is old, but of one inverter it may still be looked at, as old
  const kept = house.inverters_live === 0 && only?.values;
  const quality = kept ? 'stale' : qualityNow(house);
  const values = kept || house.values;
  const doubtful = (key: string) => inverters.some((d) => isDoubtful(d.quality, d.suspect, key));
  return (
    <section class={`card house quality-${quality}`} aria-labelledby="house-title" id="house">
      <h2 id="house-title" class="sr">
        {t('flows')}
      </h2>
      <GridLine house={house} age_ms={age_ms} />
      <FlowPicture values={values} grid={gridNow(house)} battery={batteryOf(values, bank)} doubtful={doubtful} />
      {only ? (
        <Only device={only} />
      ) : (
        <Members id="inverters-line" sums={{ ...house, age_ms: house.age_ms ?? age_ms }} all={house.inverters} live={house.inverters_live} nouns={['inverters', 'invertersOf']} />
      )}
      <Today house={house} />
    </section>
  );
}
