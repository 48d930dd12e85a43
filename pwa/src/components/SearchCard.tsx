import type { ComponentChildren } from 'preact';
import { stopJob } from '../api';
import { devices } from '../devices';
import { useOrder } from '../hooks';
import { plural, t, type UiKey } from '../i18n';
import { begin, follow, hasEnded, useJob } from '../jobs';
import type { Job } from '../types';
import { Progress } from './Progress';

type Kind = 'scan' | 'discover';
type Noun = 'packs' | 'devices';

interface Known {
  address: string;
  device: number | null;
}

/** The device that was found, if it was added before the search or since; a stick may have moved. */
export function knownOf({ address, device }: Known) {
  return devices.value?.find((d) => d.address.toUpperCase() === address.toUpperCase() || d.id === device);
}

function statusOf(job: Job<Kind>, found: Known[], noun: Noun, nothing: UiKey): string {
  const n = found.length;
  const text = n > 0 ? t('foundSoFar', { n, packs: plural(noun, n), x: n - found.filter(knownOf).length }) : '';
  if (!hasEnded(job)) return `${t('scanningNow')} ${text}`;
  if (job.state === 'failed') return '';
  return n > 0 ? `${t(job.state === 'cancelled' ? 'scanStopped' : 'scanDone')} ${text}` : t(nothing);
}

interface CardProps<K extends Kind> {
  id: string;
  kind: K;
  title: ComponentChildren;
  lead: UiKey;
  /** What its button says at first. */
  verb: UiKey;
  noun: Noun;
  nothing: UiKey;
  start: () => Promise<Job>;
  /** What counts as found. */
  foundOf: (job: Job<K>) => Known[];
  failure: (job: Job<K>) => ComponentChildren;
  results: (job: Job<K>) => ComponentChildren;
  /** Other ways to search, while none runs. */
  children?: (look: (start: () => Promise<Job>) => void, busy: boolean) => ComponentChildren;
}

/** A search that is started and stopped, with what it finds while it runs. */
export function SearchCard<K extends Kind>(props: CardProps<K>) {
  const { id, kind, title, lead, verb, noun, nothing, start, foundOf, failure, results, children } = props;
  const job = useJob<K>(kind);
  const { busy, run, problem } = useOrder();
  const running = job !== null && !hasEnded(job);
  const look = (how: () => Promise<Job>) => void run(() => begin(kind, how));
  const onStop = () => run(async () => job && follow(kind, await stopJob(job.id)));
  return (
    <section class="card scan" id={id} data-state={job?.state ?? 'none'}>
      <h2>{title}</h2>
      {!job && <p>{t(lead)}</p>}
      {running && <Progress label={t('scanningNow')} value={job.state === 'queued' ? null : job.progress} />}
      <p role="status" aria-live="polite" class="scan-status">
        {job && statusOf(job, foundOf(job), noun, nothing)}
      </p>
      {job?.state === 'queued' && job.text && <p class="reason">{t('jobQueued')}</p>}
      {job?.state === 'failed' && failure(job)}
      {job && results(job)}
      {problem && (
        <p class="form-error" role="alert">
          {problem}
        </p>
      )}
      {running ? (
        <button class="button" type="button" data-do={`stop-${kind}`} disabled={busy} onClick={() => void onStop()}>
          {t('scanStop')}
        </button>
      ) : (
        <>
          <button class={job ? 'button' : 'button primary'} type="button" data-do={kind} disabled={busy} onClick={() => look(start)}>
            {t(job ? 'scanAgain' : verb)}
          </button>
          {children?.(look, busy)}
        </>
      )}
    </section>
  );
}
