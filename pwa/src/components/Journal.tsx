import { nameOf } from '../devices';
import { moment } from '../format';
import { inner, t, word } from '../i18n';
import { getJournal } from '../plug-api';
import { switchedText } from '../switching';
import type { Switched } from '../types';
import { Log } from './Log';

const lookOf: Record<string, string> = { done: 'set', seen: 'set', failed: 'away', refused: 'away', expired: 'away', missed: 'away' };

function Item({ entry, named }: { entry: Switched; named: boolean }) {
  const { t_ms, device, action, by, who, result, code, text } = entry;
  const said = switchedText(action, result);
  const name = named ? (nameOf(device) ?? t('removedDevice', { n: device })) : null;
  const why = [word('plugBy', by), who, code && inner(word('plugReason', code))].filter(Boolean).join(' · ');
  return (
    <li class={`event event-${lookOf[result] ?? 'plain'}`} data-result={result} data-by={by}>
      <time dateTime={new Date(t_ms).toISOString()}>{moment(t_ms)}</time>
      <p>
        {name && <span class="event-name">{name}: </span>}
        {name ? inner(said) : said}
        <small>{why}</small>
        {text && <small lang="en">{text}</small>}
      </p>
    </li>
  );
}

/** Who has switched what, why, and what came of it, newest first; `device` null: all plugs. */
export function Journal({ device }: { device: number | null }) {
  return (
    <Log
      id="journal"
      title={t('journal')}
      none={t('noJournal')}
      act="older-journal"
      everyMs={5000}
      page={10}
      fetch={async (before: Switched | null, limit) => (await getJournal(device, before?.id ?? null, limit)).journal}
      keyOf={(e) => e.id}
      item={(e) => <Item key={e.id} entry={e} named={device === null} />}
      of={device}
    />
  );
}
