import { useState } from 'preact/hooks';
import { startProbe, stopJob } from '../api';
import { add, freeName } from '../devices';
import { label, show } from '../flat';
import { qty } from '../format';
import { useOrder } from '../hooks';
import { hasWord, t, word } from '../i18n';
import { begin, follow, hasEnded, unfollow, useJob } from '../jobs';
import { isInverter } from '../kinds';
import { tell } from '../notice';
import type { Job, Probe } from '../types';
import { Facts, type FactRow } from './Facts';
import { Field } from './Field';
import { Warning } from './Icons';
import { Progress } from './Progress';

const MODBUS = /:502$/;

/** A bare host is most often a stick; the probe knows better, where it has found something. */
function whole(address: string): string {
  return address.includes('://') ? address : `${MODBUS.test(address) ? 'modbus' : 'solarman'}://${address}`;
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

/** A name, and the inverter is added: as it was found, or at the owner's word. */
function NameForm({ address, sure, onAdded }: { address: string; sure: boolean; onAdded: () => void }) {
  const [name, setName] = useState(() => freeName(t('inverter'), isInverter));
  const [checked, setChecked] = useState(false);
  const { busy, run, problem } = useOrder();
  const error = name.trim() ? null : t('fieldRequired');
  async function onSubmit(e: Event) {
    e.preventDefault();
    setChecked(true);
    if (error || !(await run(() => add({ kind: 'deye', name: name.trim(), address })))) return;
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

function Failure({ probe }: { probe: Probe }) {
  const { reason, detail, stick } = probe;
  return (
    <div class="trouble" role="alert" data-reason={reason ?? 'unknown'}>
      <Warning />
      <div>
        <p>
          <b>{reason ? word('reason', reason) : t('probeNothing')}</b>
        </p>
        {reason && hasWord('inverterAdvice', reason) && <p>{word('inverterAdvice', reason)}</p>}
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
  );
}

interface CheckProps {
  address: string;
  onAdded: () => void;
}

function Outcome({ job, address, onAdded }: CheckProps & { job: Job<'probe'> }) {
  const probe = job.result;
  if (job.state === 'failed' || !probe)
    return (
      <p class="form-error" role="alert">
        {t('probeFailed')} {job.text && <span lang="en">{job.text}</span>}
      </p>
    );
  if (!probe.found)
    return (
      <>
        <Failure probe={probe} />
        <NameForm address={whole(address)} sure={false} onAdded={onAdded} />
      </>
    );
  return (
    <>
      <p class="probe-found" role="status">
        {t('probeFound')}
      </p>
      <Facts facts={factsOfProbe(probe)} />
      {(probe.suspect ?? []).length > 0 && <p class="suspect">{t('probeDoubtful')}</p>}
      <NameForm address={probe.address ?? whole(address)} sure onAdded={onAdded} />
    </>
  );
}

/** Asks whether an inverter is at the address before it is saved, and shows what it says. */
export function ProbeCheck({ address, onAdded }: CheckProps) {
  const what = `probe:${address}` as const;
  const job = useJob(what);
  const { busy, run, problem } = useOrder();
  const running = job !== null && !hasEnded(job);
  const onStart = () => run(() => begin(what, () => startProbe(address)));
  const onStop = () => run(async () => job && follow(what, await stopJob(job.id)));
  const done = () => {
    unfollow(what);
    onAdded();
  };
  return (
    <div class="probe" data-state={job?.state ?? 'none'} data-found={job?.result && !running ? String(job.result.found) : ''}>
      {running && (
        <>
          <Progress label={t('probing')} value={job.state === 'queued' ? null : job.progress} />
          <p class="hint" role="status">
            {t(job.state === 'queued' && job.text ? 'jobQueued' : 'probing')}
          </p>
        </>
      )}
      {job && !running && job.state !== 'cancelled' && <Outcome key={job.id} job={job} address={address} onAdded={done} />}
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
