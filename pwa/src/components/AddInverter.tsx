import { useState } from 'preact/hooks';
import { startDiscovery, startProbe } from '../api';
import { devices } from '../devices';
import { useOrder } from '../hooks';
import { t } from '../i18n';
import { plugs } from '../lazy';
import { begin, hasEnded } from '../jobs';
import { Link } from '../router';
import type { FoundOnNet, Job } from '../types';
import { Field, focusFirstError } from './Field';
import { Inverter } from './Icons';
import { Plug } from './PlugIcon';
import { ProbeCheck } from './ProbeCheck';
import { SearchCard, knownOf } from './SearchCard';

const SUBNET = /^\d{1,3}(\.\d{1,3}){3}\/(2[2-9]|3[0-2])$/;
const FoundPlugs = plugs.part((m) => m.FoundPlugs);

const ADDRESS = /^((solarman|modbus|tapo):\/\/\S+|rtu:\/\/\/\S+|[\w.-]+(:\d{1,5})?)$/i;

const foundOf = (job: Job<'discover'>): FoundOnNet[] => job.result?.devices ?? [];
const isPlugFound = (f: FoundOnNet): boolean => f.kind === 'tapo';

/** A stick that has answered. One that is added may have another address now. */
function StickItem({ found }: { found: FoundOnNet }) {
  const { address, serial, mac } = found;
  const known = knownOf(found);
  return (
    <li class="found" data-address={address} data-kind="deye" data-added={known?.id ?? 'no'}>
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

/** What was found; nothing at all, and what may be the cause. */
function Results({ job }: { job: Job<'discover'> }) {
  const found = foundOf(job);
  const sticks = found.filter((f) => !isPlugFound(f));
  const plugsFound = found.filter(isPlugFound);
  if (found.length > 0)
    return (
      <>
        {sticks.length > 0 && (
          <ul class="founds">
            {sticks.map((f) => (
              <StickItem key={f.address} found={f} />
            ))}
          </ul>
        )}
        {plugsFound.length > 0 && <FoundPlugs found={plugsFound} />}
      </>
    );
  if (!hasEnded(job) || job.state === 'failed') return null;
  const { networks = [], broadcasts = [] } = job.result ?? {};
  const asked = [...networks, ...broadcasts].join(', ');
  return (
    <ul class="checks">
      {asked && <li id="asked-networks">{t('askedNetworks', { x: asked })}</li>}
      <li>{t('noStickNetwork')}</li>
      <li>{t('noStickOld')}</li>
      <li>{t('noStickWire')}</li>
      <li>{t('noPlugFound')}</li>
    </ul>
  );
}

interface NetworkProps {
  subnet: string;
  onSubnet: (v: string) => void;
  busy: boolean;
  look: (start: () => Promise<Job>) => void;
}

/** The stick is in a network that calls do not reach: each address there is asked. */
function OtherNetwork({ subnet, onSubnet, busy, look }: NetworkProps) {
  const [checked, setChecked] = useState(false);
  const there = subnet.trim();
  const error = SUBNET.test(there) ? null : t('subnetShape');
  const onSubmit = (e: Event) => {
    e.preventDefault();
    setChecked(true);
    focusFirstError();
    if (!error) look(() => startDiscovery(there));
  };
  return (
    <details open={there !== ''}>
      <summary>{t('otherNetwork')}</summary>
      <form class="form-fields" onSubmit={onSubmit} noValidate>
        <Field id="subnet" label={t('subnet')} value={subnet} onInput={onSubnet} autocomplete="off" hint={t('subnetHint')} error={checked ? error : null} plain maxLength={20} />
        <button class="button" type="submit" data-do="discover-there" disabled={busy}>
          {t('discoverThere')}
        </button>
      </form>
    </details>
  );
}

function Search() {
  const [subnet, setSubnet] = useState(''); // outlasts the search
  return (
    <SearchCard
      id="find-inverter"
      kind="discover"
      title={
        <>
          <Inverter />
          <Plug />
          {t('addInverter')}
        </>
      }
      lead="discoverLead"
      verb="discover"
      noun="devices"
      nothing="noStick"
      start={() => startDiscovery('')}
      foundOf={foundOf}
      failure={(job) => (
        <p class="form-error" role="alert">
          {t('scanFailed')} {job.text && <span lang="en">{job.text}</span>}
        </p>
      )}
      results={(job) => <Results job={job} />}
    >
      {(look, busy) => <OtherNetwork subnet={subnet} onSubnet={setSubnet} look={look} busy={busy} />}
    </SearchCard>
  );
}

/** For an inverter or a plug whose address is known, or that hangs on a wire. */
function ByAddress() {
  const [address, setAddress] = useState('');
  const [checking, setChecking] = useState<string | null>(null);
  const [checked, setChecked] = useState(false);
  const { busy, run, problem } = useOrder();
  const typed = address.trim().replace(/^\/(?=\w)/, 'rtu:///'); // a path is a serial port
  const same = devices.value?.find((d) => d.address === typed || d.address === `solarman://${typed}` || d.address === `tapo://${typed}`);
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
          {!error && problem}
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
