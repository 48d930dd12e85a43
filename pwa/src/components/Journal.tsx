import { useState } from 'preact/hooks';
import { ApiError } from '../api';
import { nameOf } from '../devices';
import { moment } from '../format';
import { useOrder, useRepeated } from '../hooks';
import { inner, t, word } from '../i18n';
import { getJournal } from '../plug-api';
import type { Switched } from '../types';
import { Part } from './Part';

const EVERY_MS = 5000;
const PAGE = 10;
const MORE = 50;

const what = {
  done: { on: 'wasTurnedOn', off: 'wasTurnedOff' },
  seen: { on: 'wentOn', off: 'wentOff' },
  failed: { on: 'onNotDone', off: 'offNotDone' },
  refused: { on: 'onRefused', off: 'offRefused' },
  expired: { on: 'onExpired', off: 'offExpired' },
  missed: { on: 'onMissed', off: 'offMissed' },
} as const;

function sentence({ action, result }: Switched): string {
  const texts = what[result as keyof typeof what];
  return texts ? t(texts[action]) : `${action}: ${result}`;
}

const lookOf: Record<string, string> = { done: 'set', seen: 'set', failed: 'away', refused: 'away', expired: 'away', missed: 'away' };

function Item({ entry, named }: { entry: Switched; named: boolean }) {
  const { t_ms, device, by, who, result, code, text } = entry;
  const name = named ? (nameOf(device) ?? t('removedDevice', { n: device })) : null;
  const why = [word('plugBy', by), who, code && inner(word('plugReason', code))].filter(Boolean).join(' · ');
  return (
    <li class={`event event-${lookOf[result] ?? 'plain'}`} data-result={result} data-by={by}>
      <time dateTime={new Date(t_ms).toISOString()}>{moment(t_ms)}</time>
      <p>
        {name && <span class="event-name">{name}: </span>}
        {name ? inner(sentence(entry)) : sentence(entry)}
        <small>{why}</small>
        {text && <small lang="en">{text}</small>}
      </p>
    </li>
  );
}

/** Newer before older, each once. */
function joined(newer: Switched[], older: Switched[]): Switched[] {
  const known = new Set(newer.map((e) => e.id));
  return [...newer, ...older.filter((e) => !known.has(e.id))];
}

/** Who has switched what, why, and what came of it, newest first; `device` null: all plugs. */
export function Journal({ device }: { device: number | null }) {
  const [all, setAll] = useState<Switched[] | null>(null);
  const [more, setMore] = useState(true);
  const { busy, run, problem } = useOrder();
  const load = async (signal: AbortSignal) => {
    try {
      const got = (await getJournal(device, null, PAGE)).journal;
      if (!signal.aborted) setAll((had) => joined(got, had ?? []));
    } catch (e) {
      if (!(e instanceof ApiError)) throw e; // the next look is soon
    }
  };
  useRepeated(load, EVERY_MS, [device]);
  if (!all) return null;
  const onOlder = () =>
    run(async () => {
      const got = (await getJournal(device, all[all.length - 1]?.id ?? null, MORE)).journal;
      setAll((had) => joined(had ?? [], got));
      setMore(got.length === MORE);
    });
  return (
    <Part title={t('journal')} id="journal">
      {all.length === 0 && <p class="note">{t('noJournal')}</p>}
      <ol class="events">
        {all.map((e) => (
          <Item key={e.id} entry={e} named={device === null} />
        ))}
      </ol>
      {problem && (
        <p class="form-error" role="alert">
          {problem}
        </p>
      )}
      {more && all.length >= PAGE && (
        <button class="link-button" type="button" data-do="older-journal" disabled={busy} onClick={() => void onOlder()}>
          {t('older')}
        </button>
      )}
    </Part>
  );
}
