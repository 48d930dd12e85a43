// Looking for batteries: one scan at a time in the whole house.
import { ApiError, getJob, startScan } from './api';
import { follow } from './jobs';

export const SCAN = 'scan';

/** Starts one; when one runs already, somebody else's will do as well. */
export async function scan(): Promise<void> {
  try {
    follow(SCAN, await startScan());
  } catch (e) {
    const running = e instanceof ApiError && e.code === 'running' && /\d+/.exec(e.detail ?? '');
    if (!running) throw e;
    follow(SCAN, await getJob(Number(running[0])));
  }
}
