// What several views do in the same way: ask again and again, order something, follow a job.
import { useEffect, useState } from 'preact/hooks';
import { ApiError } from './api';
import { problemText } from './problem';
import { leave } from './session';
import { session } from './store';

/** Runs `load` now, every `every_ms` while somebody looks, and when somebody looks again; null: not. */
export function useRepeated(
  load: ((signal: AbortSignal) => Promise<void>) | null,
  every_ms: number,
  deps: readonly unknown[],
): void {
  const on = load !== null && Boolean(session.value);
  useEffect(() => {
    if (!on) return undefined;
    const stop = new AbortController();
    let running = false;
    const look = async () => {
      if (document.hidden || running) return;
      running = true;
      try {
        await load(stop.signal);
      } finally {
        running = false;
      }
    };
    void look();
    const timer = setInterval(look, every_ms);
    document.addEventListener('visibilitychange', look);
    return () => {
      stop.abort();
      clearInterval(timer);
      document.removeEventListener('visibilitychange', look);
    };
  }, [on, every_ms, ...deps]);
}

/** An order to the server: whether it is on its way, and why it was refused. */
export function useOrder() {
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<ApiError | null>(null);
  const run = async (order: () => Promise<unknown>): Promise<boolean> => {
    setBusy(true);
    setRefused(null);
    try {
      await order();
      return true;
    } catch (e) {
      if (!(e instanceof ApiError)) throw e;
      if (e.status === 401) leave();
      setRefused(e);
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, run, problem: refused && problemText(refused) };
}
