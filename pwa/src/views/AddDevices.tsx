import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, getBluetooth, startScan, stopJob } from '../api';
import { AddByHand } from '../components/AddByHand';
import { AddInverter } from '../components/AddInverter';
import { BluetoothTrouble } from '../components/BluetoothCard';
import { FoundItem } from '../components/FoundItem';
import { Back, Battery } from '../components/Icons';
import { Progress } from '../components/Progress';
import { devices, useDevices } from '../devices';
import { useOrder } from '../hooks';
import { plural, t } from '../i18n';
import { begin, follow, hasEnded, useJob } from '../jobs';
import { Link } from '../router';
import { may } from '../store';
import type { Bluetooth, Found, Job } from '../types';

/** While a name is being typed nothing moves under the fingers: what is new goes to the end. */
function useOrderKept(found: Found[], keep: boolean): Found[] {
  const before = useRef<string[]>([]);
  const place = (f: Found) => {
    const at = before.current.indexOf(f.address);
    return at < 0 ? Infinity : at;
  };
  const sorted = keep ? [...found].sort((a, b) => (place(a) === place(b) ? 0 : place(a) - place(b))) : found;
  before.current = sorted.map((f) => f.address);
  return sorted;
}

function Results({ job }: { job: Job<'scan'> }) {
  const [open, setOpen] = useState<string | null>(null);
  const all = useOrderKept(job.result?.devices ?? [], open !== null);
  const jk = all.filter((f) => f.jk);
  const others = all.filter((f) => !f.jk);
  const item = (f: Found) => (
    <FoundItem key={f.address} found={f} open={open === f.address} onOpen={(on) => setOpen(on ? f.address : null)} />
  );
  return (
    <>
      {jk.length > 0 && (
        <ul class="founds" id="found">
          {jk.map(item)}
        </ul>
      )}
      {jk.length === 0 && hasEnded(job) && job.state !== 'failed' && (
        <ul class="checks" id="nothing-found">
          <li>{t('nothingApp')}</li>
          <li>{t('nothingNear')}</li>
          <li>{t('nothingOn')}</li>
        </ul>
      )}
      {others.length > 0 && (
        <details class="others">
          <summary>
            {t('others', { n: others.length })}
          </summary>
          <ul class="founds">{others.map(item)}</ul>
        </details>
      )}
    </>
  );
}

/** A scan that could not look at all: the reason is the adapter's, so that it is in the owner's language. */
function Failure({ job }: { job: Job }) {
  const [bluetooth, setBluetooth] = useState<Bluetooth | null>(null);
  useEffect(() => {
    getBluetooth().then(setBluetooth, (e: unknown) => {
      if (!(e instanceof ApiError)) throw e; // the job's own text is there
    });
  }, [job.id]);
  return (
    <div class="scan-failed" role="alert" id="scan-failed">
      {bluetooth?.reason ? (
        <BluetoothTrouble bluetooth={bluetooth} />
      ) : (
        <p class="form-error">
          {t('scanFailed')} {job.text && <span lang="en">{job.text}</span>}
        </p>
      )}
    </div>
  );
}

function status(job: Job<'scan'>): string {
  const jk = job.result?.devices?.filter((f) => f.jk) ?? [];
  const n = jk.length;
  const added = jk.filter((f) => devices.value?.some((d) => d.address === f.address)).length;
  const found = n > 0 ? t('foundSoFar', { n, packs: plural('packs', n), x: n - added }) : '';
  if (!hasEnded(job)) return `${t('scanningNow')} ${found}`;
  if (job.state === 'failed') return '';
  return n > 0 ? `${t(job.state === 'cancelled' ? 'scanStopped' : 'scanDone')} ${found}` : t('nothingTitle');
}

function Scan() {
  const job = useJob('scan');
  const { busy, run, problem } = useOrder();
  const running = job !== null && !hasEnded(job);
  const onStop = () => run(async () => job && follow('scan', await stopJob(job.id)));
  return (
    <section class="card scan" id="scan" data-state={job?.state ?? 'none'}>
      <h2>
        <Battery />
        {t('addBattery')}
      </h2>
      {!job && <p>{t('scanLead')}</p>}
      {running && <Progress label={t('scanningNow')} value={job.state === 'queued' ? null : job.progress} />}
      <p role="status" aria-live="polite" class="scan-status">
        {job && status(job)}
      </p>
      {job?.state === 'queued' && job.text && <p class="reason">{t('jobQueued')}</p>}
      {job?.state === 'failed' && <Failure job={job} />}
      {job && <Results job={job} />}
      {problem && (
        <p class="form-error" role="alert">
          {problem}
        </p>
      )}
      {running ? (
        <button class="button" type="button" data-do="stop-scan" disabled={busy} onClick={() => void onStop()}>
          {t('scanStop')}
        </button>
      ) : (
        <button class={job ? 'button' : 'button primary'} type="button" data-do="scan" disabled={busy} onClick={() => void run(() => begin('scan', startScan))}>
          {t(job ? 'scanAgain' : 'scan')}
        </button>
      )}
    </section>
  );
}

export function AddDevices() {
  useDevices();
  return (
    <>
      <nav class="crumbs" aria-label={t('devices')}>
        <Link to="/devices">
          <Back />
          {t('devices')}
        </Link>
      </nav>
      <div class="narrow">
        <h1 tabIndex={-1}>{t('addTitle')}</h1>
        {may('admin') ? (
          <>
            <Scan />
            <AddByHand />
            <AddInverter />
          </>
        ) : (
          <p class="lead">{t('askOwner')}</p>
        )}
      </div>
    </>
  );
}
