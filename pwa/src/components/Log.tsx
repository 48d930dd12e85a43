import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { ApiError } from '../api';
import { useOrder, useRepeated } from '../hooks';
import { t } from '../i18n';
import { Part } from './Part';

const MORE = 50;

interface LogProps<T> {
  id: string;
  title: string;
  none: string;
  /** Of the button for older ones. */
  act: string;
  everyMs: number;
  /** How many are looked at again and again. */
  page: number;
  /** Newest first, of those before one, or of all. */
  fetch: (before: T | null, limit: number) => Promise<T[]>;
  keyOf: (e: T) => string | number;
  item: (e: T) => ComponentChildren;
  /** Others begin it anew. */
  of: unknown;
}

/** What happened, newest first, older ones on demand. What is told again replaces what was told before. */
export function Log<T>({ id, title, none, act, everyMs, page, fetch, keyOf, item, of }: LogProps<T>) {
  const [all, setAll] = useState<T[] | null>(null);
  const [more, setMore] = useState(true);
  const { busy, run, problem } = useOrder();
  const join = (newer: T[], older: T[]) => {
    const known = new Set(newer.map(keyOf));
    return [...newer, ...older.filter((e) => !known.has(keyOf(e)))];
  };
  const load = async (signal: AbortSignal) => {
    try {
      const got = await fetch(null, page);
      if (!signal.aborted) setAll((had) => join(got, had ?? []));
    } catch (e) {
      if (!(e instanceof ApiError)) throw e; // the next look is soon
    }
  };
  useRepeated(load, everyMs, [of]);
  if (!all) return null;
  const onOlder = () =>
    run(async () => {
      const got = await fetch(all[all.length - 1] ?? null, MORE);
      setAll((had) => join(had ?? [], got));
      setMore(got.length === MORE);
    });
  return (
    <Part title={title} id={id}>
      {all.length === 0 && <p class="note">{none}</p>}
      <ol class="events">{all.map(item)}</ol>
      {problem && (
        <p class="form-error" role="alert">
          {problem}
        </p>
      )}
      {more && all.length >= page && (
        <button class="link-button" type="button" data-do={act} disabled={busy} onClick={() => void onOlder()}>
          {t('older')}
        </button>
      )}
    </Part>
  );
}
