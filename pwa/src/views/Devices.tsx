import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, getBluetooth } from '../api';
import { BluetoothCard, BluetoothTrouble } from '../components/BluetoothCard';
import { DeviceCard } from '../components/DeviceCard';
import { Events } from '../components/Events';
import { Bulb } from '../components/Icons';
import { Progress } from '../components/Progress';
import { devices, move, useDevices } from '../devices';
import { useOrder, useRepeated } from '../hooks';
import { t } from '../i18n';
import { hasEnded, useJob } from '../jobs';
import { isBattery, isPlug, isSocket } from '../kinds';
import { plugs } from '../lazy';
import { Link } from '../router';
import { away, blind, may, session, snapshot } from '../store';
import type { Bluetooth, Device, DeviceConfig } from '../types';

const TapoAccount = plugs.part((m) => m.TapoAccount);

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

function AddLink() {
  return (
    <Link to="/devices/add" class="button primary add">
      {t('addTitle')}
    </Link>
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

/** Without a server those of the last overview, which may be out of date. */
function listed(): (DeviceConfig | Device)[] | null {
  return devices.value ?? (away.value ? (snapshot.value?.live.devices ?? null) : null);
}

function List({ bluetooth }: { bluetooth: Bluetooth | null }) {
  const { run, problem } = useOrder();
  const [said, setSaid] = useState('');
  const list = useRef<HTMLUListElement>(null);
  const after = useRef<{ id: number; by: 1 | -1 } | null>(null);
  const every = listed() ?? [];
  const all = every.filter((d) => !isSocket(d));
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
            sockets={every.filter((s) => s.parent === d.id)}
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
  const all = listed();
  if (!all) return <p class="loading">{t('loading')}</p>;
  // a house with inverters alone needs no Bluetooth
  const radio = all.some(isBattery) ? bluetooth : null;
  return (
    <>
      <div class="page-head">
        <h1 tabIndex={-1}>{t('devices')}</h1>
        {may('admin') && all.length > 0 && <AddLink />}
      </div>
      <Forgetting />
      {radio && !blind.value && <BluetoothTrouble bluetooth={radio} />}
      {all.length === 0 ? (
        <section class="card empty">
          <Bulb />
          <h2>{t('emptyTitle')}</h2>
          <p>{t(may('admin') ? 'emptyLead' : 'askOwner')}</p>
          {may('admin') && <AddLink />}
        </section>
      ) : (
        <>
          {may('operator') && radio && <p class="lead devices-lead">{t('releaseHint')}</p>}
          <List bluetooth={bluetooth} />
        </>
      )}
      <div class="devices-more">
        {radio && <BluetoothCard bluetooth={radio} />}
        {all.some(isPlug) && session.value && <TapoAccount />}
        <Events device={null} />
      </div>
    </>
  );
}
