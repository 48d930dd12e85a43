import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, getBluetooth, startScan } from '../api';
import { AddByHand } from '../components/AddByHand';
import { AddInverter } from '../components/AddInverter';
import { BluetoothTrouble } from '../components/BluetoothCard';
import { Crumb } from '../components/Crumb';
import { FoundItem } from '../components/FoundItem';
import { Battery } from '../components/Icons';
import { SearchCard } from '../components/SearchCard';
import { useDevices } from '../devices';
import { t } from '../i18n';
import { hasEnded } from '../jobs';
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

function Scan() {
  return (
    <SearchCard
      id="scan"
      kind="scan"
      title={
        <>
          <Battery />
          {t('addBattery')}
        </>
      }
      lead="scanLead"
      verb="scan"
      noun="packs"
      nothing="nothingTitle"
      start={startScan}
      foundOf={(job) => job.result?.devices?.filter((f) => f.jk) ?? []}
      failure={(job) => <Failure job={job} />}
      results={(job) => <Results job={job} />}
    />
  );
}

export function AddDevices() {
  useDevices();
  return (
    <>
      <Crumb to="/devices" title={t('devices')} />
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
