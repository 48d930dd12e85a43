import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, getBluetooth, startScan } from '../api';
import { BluetoothCard, BluetoothTrouble } from '../components/BluetoothCard';
import { DeviceCard } from '../components/DeviceCard';
import { Events } from '../components/Events';
import { Bulb } from '../components/Icons';
import { Progress } from '../components/Progress';
import { devices, move, useDevices } from '../devices';
import { useOrder, useRepeated } from '../hooks';
import { t } from '../i18n';
import { SCAN, begin, hasEnded, useJob } from '../jobs';
import { go } from '../router';
import { blind, may, snapshot } from '../store';
import type { Bluetooth } from '../types';

const BLUETOOTH_EVERY_MS = 5000;

function useBluetooth(): Bluetooth | null {
  const [bluetooth, setBluetooth] = useState<Bluetooth | null>(null);
  const load = async (signal: AbortSignal) => {
    try {
      const got = await getBluetooth();
      if (!signal.aborted) setBluetooth(got);
    } catch (e) {
      if (!(e instanceof ApiError)) throw e; // the next look is soon
    }
  };
  useRepeated(load, BLUETOOTH_EVERY_MS, []);
  return bluetooth;
}

function ScanButton() {
  const { busy, run, problem } = useOrder();
  const job = useJob(SCAN);
  const running = job !== null && !hasEnded(job);
  const onClick = async () => {
    if (running || (await run(() => begin(SCAN, startScan)))) go('/devices/add');
  };
  return (
    <>
      <button class="button primary" type="button" data-do="scan" disabled={busy} onClick={() => void onClick()}>
        {t('scan')}
      </button>
      {problem && (
        <p class="form-error" role="alert">
          {problem}
        </p>
      )}
    </>
  );
}

/** The history of a removed device is being removed: it takes a while and may fail. */
function Forgetting() {
  const job = useJob('forget');
  if (!job || job.state === 'done') return null;
  if (hasEnded(job))
    return (
      <p class="form-error" role="alert">
        {t('forgetFailed')} {job.text && <span lang="en">{job.text}</span>}
      </p>
    );
  return (
    <div class="forgetting">
      <p class="hint">{t('forgetting')}</p>
      <Progress label={t('forgetting')} value={job.progress} />
    </div>
  );
}

function List({ bluetooth }: { bluetooth: Bluetooth | null }) {
  const { run, problem } = useOrder();
  const [said, setSaid] = useState('');
  const list = useRef<HTMLUListElement>(null);
  const after = useRef<{ id: number; by: 1 | -1 } | null>(null);
  const all = devices.value ?? snapshot.value?.live.devices ?? [];
  // A button that has moved with its card keeps the focus; at the end of the list the other one takes it.
  useEffect(() => {
    const { id, by } = after.current ?? {};
    if (!id) return;
    after.current = null;
    const buttons = list.current?.querySelectorAll<HTMLButtonElement>(`[data-device="${id}"] .order button`);
    const [same, other] = by === -1 ? [buttons?.[0], buttons?.[1]] : [buttons?.[1], buttons?.[0]];
    (same?.disabled ? other : same)?.focus();
  });
  const onMove = (id: number, name: string, at: number, by: 1 | -1) => {
    after.current = { id, by };
    setSaid(t('movedTo', { name, n: at + by + 1, all: all.length }));
    void run(() => move(id, by));
  };
  return (
    <>
      <p class="sr" role="status">
        {said}
      </p>
      {problem && (
        <p class="form-error" role="alert">
          {problem}
        </p>
      )}
      <ul class="devices" id="devices" ref={list}>
        {all.map((d, i) => (
          <DeviceCard
            key={d.id}
            device={d}
            bluetooth={bluetooth}
            first={i === 0}
            last={i === all.length - 1}
            onMove={(by) => onMove(d.id, d.name, i, by)}
          />
        ))}
      </ul>
    </>
  );
}

export function Devices() {
  useDevices();
  const bluetooth = useBluetooth();
  if (!devices.value && !snapshot.value) return <p class="loading">{t('loading')}</p>;
  const empty = (devices.value ?? snapshot.value?.live.devices ?? []).length === 0;
  return (
    <>
      <div class="page-head">
        <h1 tabIndex={-1}>{t('devices')}</h1>
        {may('admin') && !empty && <ScanButton />}
      </div>
      <Forgetting />
      {bluetooth && !blind.value && <BluetoothTrouble bluetooth={bluetooth} />}
      {empty ? (
        <section class="card empty">
          <Bulb />
          <h2>{t('emptyTitle')}</h2>
          <p>{t(may('admin') ? 'emptyLead' : 'askOwner')}</p>
          {may('admin') && <ScanButton />}
        </section>
      ) : (
        <>
          {may('operator') && <p class="lead devices-lead">{t('releaseHint')}</p>}
          <List bluetooth={bluetooth} />
        </>
      )}
      <div class="devices-more">
        {bluetooth && <BluetoothCard bluetooth={bluetooth} />}
        <Events device={null} />
      </div>
    </>
  );
}
