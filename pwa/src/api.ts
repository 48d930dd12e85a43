// The only place that talks to the server.
import type {
  Bluetooth,
  DeviceChange,
  DeviceConfig,
  DeviceDetails,
  GridOutage,
  Happening,
  Health,
  Job,
  Live,
  NewDevice,
  Session,
} from './types';

export const BASE = '/api/v1';
const TIMEOUT_MS = 8000;

/**
 * A failed request. `code` is a word for programs: from the server's problem document, or ours.
 * `id`: the job that runs already, or the device that exists already.
 */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string | null = null,
    readonly id: number | null = null,
  ) {
    super(code);
  }
}

function codeOfStatus(status: number): string {
  if (status === 401) return 'unauthenticated';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'not_found';
  if (status === 429) return 'too_many';
  return status >= 500 ? 'server' : 'bad_answer';
}

async function problemOf(res: Response): Promise<ApiError> {
  try {
    const body = (await res.json()) as { code?: unknown; detail?: unknown; job?: unknown; device?: unknown };
    const detail = typeof body.detail === 'string' ? body.detail : null;
    const id = body.job ?? body.device;
    if (typeof body.code === 'string')
      return new ApiError(res.status, body.code, detail, typeof id === 'number' ? id : null);
  } catch {
    // an error page of the web server has no problem document
  }
  return new ApiError(res.status, codeOfStatus(res.status));
}

interface Options {
  body?: unknown;
  etag?: string | null;
  signal?: AbortSignal;
  /** The browser may keep the answer as the server says: what was measured does not change. */
  keep?: boolean;
}

export async function send(method: string, path: string, { body, etag, signal, keep }: Options = {}) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), TIMEOUT_MS);
  const forward = () => stop.abort();
  signal?.addEventListener('abort', forward);
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (etag) headers['If-None-Match'] = etag;
  try {
    const res = await fetch(BASE + path, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      cache: keep ? 'default' : 'no-store',
      credentials: 'same-origin',
      redirect: 'error',
      signal: stop.signal,
    });
    if (!res.ok && res.status !== 304) throw await problemOf(res);
    const text = await res.text(); // empty for 204 and 304, but to be read, or the request counts as aborted
    return { status: res.status, headers: res.headers, text };
  } catch (e) {
    if (e instanceof ApiError) throw e;
    throw new ApiError(0, signal?.aborted ? 'aborted' : 'network');
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', forward);
  }
}

function parse<T>(text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new ApiError(200, 'bad_answer');
  }
}

/** For what is fetched later and has its own requests (plug-api.ts). */
export async function json<T>(method: string, path: string, options?: Options): Promise<T> {
  return parse<T>((await send(method, path, options)).text);
}

export const getHealth = () => json<Health>('GET', '/health');
export const getSession = () => json<Session>('GET', '/session');
export const logIn = (user: string, password: string) =>
  json<Session>('POST', '/session', { body: { user, password } });
export const claim = (code: string, user: string, password: string) =>
  json<Session>('POST', '/claim', { body: { code, user, password } });

export const getDevices = () => json<{ devices: DeviceConfig[] }>('GET', '/devices');
export const getDevice = (id: number, signal?: AbortSignal) =>
  json<DeviceDetails>('GET', `/devices/${id}`, signal ? { signal } : {});
export const addDevice = (body: NewDevice) => json<DeviceDetails>('POST', '/devices', { body });
export const changeDevice = (id: number, body: DeviceChange) =>
  json<DeviceDetails>('PATCH', `/devices/${id}`, { body });
export const removeDevice = (id: number, history: 'keep' | 'remove') =>
  json<{ job: number | null }>('DELETE', `/devices/${id}?history=${history}`);
export const releaseDevice = (id: number, seconds: number) =>
  json<DeviceDetails>('POST', `/devices/${id}/release`, { body: { seconds } });
export const connectDevice = (id: number) => json<DeviceDetails>('POST', `/devices/${id}/connect`, { body: {} });

export const getBluetooth = () => json<Bluetooth>('GET', '/bluetooth');
export const startScan = () => json<Job<'scan'>>('POST', '/scans', { body: {} });
export const startDiscovery = (subnet: string) =>
  json<Job<'discover'>>('POST', '/discoveries', { body: subnet ? { subnet } : {} });
/** transport: what the owner allows a plug; without it nobody is shown the account's password. */
export const startProbe = (address: string, transport?: 'aes') => json<Job<'probe'>>('POST', '/probes', { body: { address, ...(transport && { transport }) } });
export const startCapture = (device: number, minutes: number) =>
  json<Job<'capture'>>('POST', `/devices/${device}/captures`, { body: { minutes } });
export const getJob = (id: number) => json<Job>('GET', `/jobs/${id}`);
export const stopJob = (id: number) => json<Job>('DELETE', `/jobs/${id}`);
export const jobFileUrl = (id: number) => `${BASE}/jobs/${id}/file`;

/** Newest first; `device` null: of the whole house. */
export const getEvents = (device: number | null, before_ms: number | null, limit: number) =>
  json<{ events: Happening[] }>(
    'GET',
    `/events?limit=${limit}${device === null ? '' : `&device=${device}`}${before_ms === null ? '' : `&before_ms=${before_ms}`}`,
  );

/** Newest first; before_ms: those that began before. */
export const getGridOutages = (before_ms: number | null, limit: number) =>
  json<{ outages: GridOutage[] }>('GET', `/grid/outages?limit=${limit}${before_ms === null ? '' : `&before_ms=${before_ms}`}`);

export async function logOut(): Promise<void> {
  await send('DELETE', '/session');
}

/** An answer from the web server's cache is never older than this. */
const LAG_MAX_MS = 10_000;

/**
 * `live` is null when nothing changed since `etag`. `lag_ms`: how long the answer lay in the web
 * server's cache, by the server's own clock (its Date header has whole seconds, so up to 1 s less).
 */
export async function getLive(etag: string | null, signal: AbortSignal) {
  const { status, headers, text } = await send('GET', '/live', { etag, signal });
  const live = status === 304 ? null : parse<Live>(text);
  const lag = live ? Date.parse(headers.get('Date') ?? '') - live.now_ms : 0;
  return {
    etag: headers.get('ETag'),
    live,
    lag_ms: lag > 0 ? Math.min(lag, LAG_MAX_MS) : 0,
  };
}
