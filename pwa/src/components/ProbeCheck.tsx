import { useState } from 'preact/hooks';
import { startProbe, stopJob } from '../api';
import { add, freeName } from '../devices';
import { label, show } from '../flat';
import { qty } from '../format';
import { useOrder } from '../hooks';
import { hasWord, t, word } from '../i18n';
import { begin, follow, hasEnded, unfollow, useJob } from '../jobs';
import { isInverter, isPlug } from '../kinds';
import { plugs } from '../lazy';
import { tell } from '../notice';
import type { Job, Probe } from '../types';
import { Facts, type FactRow } from './Facts';
import { Field } from './Field';
import { OldProtocol } from './OldProtocol';
import { Warning } from './Icons';
import { Progress } from './Progress';

const PlugFacts = plugs.part((m) => m.PlugFacts);
const TapoAccount = plugs.part((m) => m.TapoAccount);

const MODBUS = /:502$/;
const isTapo = (address: string): boolean => address.startsWith('tapo:');

/** A bare host is most often a stick; the probe knows better, where it has found something. */
function whole(address: string, way = MODBUS.test(address) ? 'modbus' : 'solarman'): string {
  return address.includes('://') ? address : `${way}://${address}`;
}

function factsOfProbe({ info, reading: r, link }: Probe): FactRow[] {
  const measured = (key: 'pv_power' | 'battery_voltage' | 'battery_soc', digits: number, u: string): FactRow[] => {
    const v = r?.[key];
    return v == null ? [] : [{ label: word('metric', key), value: qty(v, digits, u) }];
  };
  return [
    ...(['family', 'rated_power_w', 'serial_number'] as const).flatMap((k) => (info?.[k] == null ? [] : [{ label: label('info', k), value: show(k, info[k]) }])),
    ...measured('pv_power', 0, 'W'),
    ...measured('battery_voltage', 1, 'V'),
    ...measured('battery_soc', 0, '%'),
    ...(link?.latency_ms == null ? [] : [{ label: label('link', 'latency_ms'), value: qty(link.latency_ms, 0, 'ms') }]),
  ];
}

interface NameProps {
  address: string;
  sure: boolean;
  /** What it is called in its maker's app. */
  called?: string | undefined;
  /** Its owner has allowed it the old protocol. */
  old?: boolean;
  onAdded: () => void;
}

/** A name, and it is added: as it was found, or at the owner's word. */
function NameForm({ address, sure, called, old = false, onAdded }: NameProps) {
  const plug = isTapo(address);
  const [name, setName] = useState(() => called || freeName(t(plug ? 'plug' : 'inverter'), plug ? isPlug : isInverter));
  const [checked, setChecked] = useState(false);
  const { busy, run, problem } = useOrder();
  const error = name.trim() ? null : t('fieldRequired');
  async function onSubmit(e: Event) {
    e.preventDefault();
    setChecked(true);
    if (error || !(await run(() => add({ kind: plug ? 'tapo' : 'deye', name: name.trim(), address, ...(old && { transport: 'aes' as const }) })))) return;
    tell(() => t('added', { name: name.trim() }));
    onAdded();
  }
  return (
    <form class="form-fields" onSubmit={onSubmit} noValidate>
      <Field id="inverter-name" label={t('name')} value={name} onInput={setName} autocomplete="off" error={checked ? error : null} hint={t('savedAs', { x: address })} maxLength={64} />
      <p class="form-error" role="alert">
        {problem}
      </p>
      <button class={sure ? 'button primary' : 'button'} type="submit" data-do={sure ? 'add-inverter' : 'add-anyway'} disabled={busy}>
        {t(sure ? 'add' : 'saveAnyway')}
      </button>
    </form>
  );
}

function Failure({ probe, address, onOld }: { probe: Probe; address: string; onOld: () => void }) {
  const { reason, detail, stick } = probe;
  const search = useJob('discover');
  // of a bare host nobody knows what it is: what only plugs have is a plug's reason
  const plug = isTapo(probe.address ?? address) || (reason !== null && !hasWord('reason', reason));
  const remedies = plug ? 'plugAdvice' : 'inverterAdvice';
  const accountless = reason === 'no_account' || reason === 'wrong_password';
  // the search shows the same form
  const asked = search?.result?.devices?.some((f) => f.kind === 'tapo');
  return (
    <>
      <div class="trouble" role="alert" data-reason={reason ?? 'unknown'}>
        <Warning />
        <div>
          <p>
            <b>{reason ? word(plug ? 'plugReason' : 'reason', reason) : t('probeNothing')}</b>
          </p>
          {reason && hasWord(remedies, reason) && <p>{word(remedies, reason)}</p>}
          {reason === 'old_protocol' && <OldProtocol busy={false} onYes={onOld} />}
          {stick && (
            <p class="hint">
              {t('stickThere')} MAC {stick.mac}
              {stick.serial != null && `, ${t('stickSerial', { x: stick.serial })}`}
            </p>
          )}
          {detail && (
            <p class="hint" lang="en">
              {detail}
            </p>
          )}
        </div>
      </div>
      {accountless && (!asked || reason === 'wrong_password') && <TapoAccount address={whole(probe.address ?? address, 'tapo')} />}
    </>
  );
}

interface CheckProps {
  address: string;
  onAdded: () => void;
}

function Outcome({ job, address, onAdded, onOld }: CheckProps & { job: Job<'probe'>; onOld: () => void }) {
  const probe = job.result;
  if (job.state === 'failed' || !probe)
    return (
      <p class="form-error" role="alert">
        {t('probeFailed')} {job.text && <span lang="en">{job.text}</span>}
      </p>
    );
  const at = probe.address ?? whole(address);
  const plug = isTapo(at);
  if (!probe.found)
    return (
      <>
        <Failure probe={probe} address={address} onOld={onOld} />
        <NameForm address={whole(probe.address ?? address, probe.reason && !hasWord('reason', probe.reason) ? 'tapo' : undefined)} sure={false} onAdded={onAdded} />
      </>
    );
  return (
    <>
      <p class="probe-found" role="status">
        {t(plug ? 'plugFound' : 'probeFound')}
      </p>
      {plug ? <PlugFacts probe={probe} /> : <Facts facts={factsOfProbe(probe)} />}
      {(probe.suspect ?? []).length > 0 && <p class="suspect">{t('probeDoubtful')}</p>}
      <NameForm address={at} sure called={plug ? String(probe.info?.['nickname'] ?? '') : undefined} old={probe.link?.transport === 'aes'} onAdded={onAdded} />
    </>
  );
}

/** Asks whether an inverter or a plug is at the address before it is saved, and shows what it says. */
export function ProbeCheck({ address, onAdded }: CheckProps) {
  const what = `probe:${address}` as const;
  const job = useJob(what);
  const { busy, run, problem } = useOrder();
  const running = job !== null && !hasEnded(job);
  const probing = isTapo(address) ? 'plugProbing' : 'probing';
  const onStart = (transport?: 'aes') => run(() => begin(what, () => startProbe(address, transport)));
  const onStop = () => run(async () => job && follow(what, await stopJob(job.id)));
  const done = () => {
    unfollow(what);
    onAdded();
  };
  return (
    <div class="probe" data-state={job?.state ?? 'none'} data-found={job?.result && !running ? String(job.result.found) : ''}>
      {running && (
        <>
          <Progress label={t(probing)} value={job.state === 'queued' ? null : job.progress} />
          <p class="hint" role="status">
            {t(job.state === 'queued' && job.text ? 'jobQueued' : probing)}
          </p>
        </>
      )}
      {job && !running && job.state !== 'cancelled' && <Outcome key={job.id} job={job} address={address} onAdded={done} onOld={() => void onStart('aes')} />}
      {problem && (
        <p class="form-error" role="alert">
          {problem}
        </p>
      )}
      {running ? (
        <button class="button" type="button" data-do="stop-probe" disabled={busy} onClick={() => void onStop()}>
          {t('cancel')}
        </button>
      ) : (
        <button class={job ? 'link-button' : 'button'} type="button" data-do="probe" disabled={busy} onClick={() => void onStart()}>
          {t(job ? 'probeAgain' : 'probe')}
        </button>
      )}
    </div>
  );
}
