import { useState } from 'preact/hooks';
import { startDiscovery, startProbe, stopJob } from '../api';
import { devices } from '../devices';
import { useOrder } from '../hooks';
import { plural, t } from '../i18n';
import { begin, follow, hasEnded, useJob } from '../jobs';
import { Link } from '../router';
import type { FoundStick, Job } from '../types';
import { Field, focusFirstError } from './Field';
import { Inverter } from './Icons';
import { ProbeCheck } from './ProbeCheck';
import { Progress } from './Progress';

const SUBNET = /^\d{1,3}(\.\d{1,3}){3}\/(2[2-9]|3[0-2])$/;
const ADDRESS = /^((solarman|modbus):\/\/\S+|rtu:\/\/\/\S+|[\w.-]+(:\d{1,5})?)$/i;

/** A stick that has answered. One that is added may have another address now. */
function StickItem({ found }: { found: FoundStick }) {
  const { address, serial, mac } = found;
  const known = devices.value?.find((d) => d.address === address || d.id === found.device);
  return (
    <li class="found" data-address={address} data-added={known?.id ?? 'no'}>
      <div class="found-line">
        <div>
          <p class="mono">{address}</p>
          <p class="found-facts">
            {serial != null && <span>{t('stickSerial', { x: serial })}</span>}
            {mac && <span>MAC {mac}</span>}
          </p>
        </div>
        {known && (
          <p class="found-added">
            {t('alreadyAdded')} <Link to={`/inverter/${known.id}`}>{known.name}</Link>
          </p>
        )}
      </div>
      {known && known.address !== address && <p class="reason">{t('stickMoved', { x: known.address })}</p>}
      {!known && <ProbeCheck address={address} onAdded={() => undefined} />}
    </li>
  );
}

function status(job: Job<'discover'>): string {
  const found = job.result?.devices ?? [];
  const added = found.filter((f) => devices.value?.some((d) => d.address === f.address || d.id === f.device)).length;
  const n = found.length;
  const text = n > 0 ? t('foundSoFar', { n, packs: plural('inverters', n), x: n - added }) : '';
  if (!hasEnded(job)) return `${t('scanningNow')} ${text}`;
  if (job.state === 'failed') return '';
  return n > 0 ? `${t(job.state === 'cancelled' ? 'scanStopped' : 'scanDone')} ${text}` : t('noStick');
}

function Search() {
  const job = useJob('discover');
  const [subnet, setSubnet] = useState('');
  const [checked, setChecked] = useState(false);
  const { busy, run, problem } = useOrder();
  const running = job !== null && !hasEnded(job);
  const there = subnet.trim();
  const error = SUBNET.test(there) ? null : t('subnetShape');
  const found = job?.result?.devices ?? [];
  const look = (where: string) => void run(() => begin('discover', () => startDiscovery(where)));
  const onSubmit = (e: Event) => {
    e.preventDefault();
    setChecked(true);
    focusFirstError();
    if (!error) look(there);
  };
  const onStop = () => run(async () => job && follow('discover', await stopJob(job.id)));
  return (
    <section class="card scan" id="find-inverter" data-state={job?.state ?? 'none'}>
      <h2>
        <Inverter />
        {t('addInverter')}
      </h2>
      {!job && <p>{t('discoverLead')}</p>}
      {running && <Progress label={t('scanningNow')} value={job.state === 'queued' ? null : job.progress} />}
      <p role="status" aria-live="polite" class="scan-status">
        {job && status(job)}
      </p>
      {job?.state === 'queued' && job.text && <p class="reason">{t('jobQueued')}</p>}
      {job?.state === 'failed' && (
        <p class="form-error" role="alert">
          {t('scanFailed')} {job.text && <span lang="en">{job.text}</span>}
        </p>
      )}
      {found.length > 0 && (
        <ul class="founds">
          {found.map((f) => (
            <StickItem key={f.address} found={f} />
          ))}
        </ul>
      )}
      {job && hasEnded(job) && job.state !== 'failed' && found.length === 0 && (
        <ul class="checks">
          <li>{t('noStickNetwork')}</li>
          <li>{t('noStickOld')}</li>
          <li>{t('noStickWire')}</li>
        </ul>
      )}
      {problem && (
        <p class="form-error" role="alert">
          {problem}
        </p>
      )}
      {running ? (
        <button class="button" type="button" data-do="stop-discovery" disabled={busy} onClick={() => void onStop()}>
          {t('scanStop')}
        </button>
      ) : (
        <>
          <button class={job ? 'button' : 'button primary'} type="button" data-do="discover" disabled={busy} onClick={() => look('')}>
            {t(job ? 'scanAgain' : 'discover')}
          </button>
          <details open={there !== ''}>
            <summary>{t('otherNetwork')}</summary>
            <form class="form-fields" onSubmit={onSubmit} noValidate>
              <Field id="subnet" label={t('subnet')} value={subnet} onInput={setSubnet} autocomplete="off" hint={t('subnetHint')} error={checked ? error : null} plain maxLength={20} />
              <button class="button" type="submit" data-do="discover-there" disabled={busy}>
                {t('discoverThere')}
              </button>
            </form>
          </details>
        </>
      )}
    </section>
  );
}

/** For an inverter whose address is known, or that hangs on a wire. */
function ByAddress() {
  const [address, setAddress] = useState('');
  const [checking, setChecking] = useState<string | null>(null);
  const [checked, setChecked] = useState(false);
  const { busy, run, problem } = useOrder();
  const typed = address.trim().replace(/^\/(?=\w)/, 'rtu:///'); // a path is a serial port
  const same = devices.value?.find((d) => d.address === typed || d.address === `solarman://${typed}`);
  const error = !typed ? t('fieldRequired') : !ADDRESS.test(typed) ? t('inverterAddressShape') : same ? t('addressTaken', { name: same.name }) : null;
  async function onSubmit(e: Event) {
    e.preventDefault();
    setChecked(true);
    focusFirstError();
    if (!error && (await run(() => begin(`probe:${typed}`, () => startProbe(typed))))) setChecking(typed);
  }
  const onAdded = () => {
    setAddress('');
    setChecked(false);
    setChecking(null);
  };
  return (
    <details class="card by-hand" id="inverter-by-hand">
      <summary>{t('inverterByHand')}</summary>
      <form class="form-fields" onSubmit={onSubmit} noValidate>
        <Field id="inverter-address" label={t('address')} value={address} onInput={setAddress} autocomplete="off" hint={t('inverterAddressHint')} error={checked ? error : null} plain maxLength={300} />
        <p class="form-error" role="alert">
          {problem}
        </p>
        {checking !== typed && (
          <button class="button primary" type="submit" data-do="probe-address" disabled={busy}>
            {t('probe')}
          </button>
        )}
      </form>
      {checking !== null && checking === typed && <ProbeCheck address={checking} onAdded={onAdded} />}
      <details class="wires-hint">
        <summary>{t('wireTitle')}</summary>
        <p>{t('wireText')}</p>
        <pre>rtu:///dev/ttyUSB0?baud=9600</pre>
        <p class="hint">{t('wireMore')}</p>
      </details>
    </details>
  );
}

export function AddInverter() {
  return (
    <>
      <Search />
      <ByAddress />
    </>
  );
}
