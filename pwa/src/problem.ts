import { ApiError } from './api';
import { hasWord, word } from './i18n';

/** A sentence for people about a failed request. */
export function problemText(e: unknown): string {
  if (!(e instanceof ApiError)) throw e;
  // Only the server's own sentence names the field that it refused, or the limit that was reached.
  if ((e.code === 'bad_parameter' || e.code === 'device_limit') && e.detail) return `${word('problem', e.code)} ${e.detail}`;
  if (hasWord('problem', e.code)) return word('problem', e.code);
  if (e.status >= 500) return word('problem', 'server');
  return e.detail ? `${word('problem', 'other')} ${e.detail}` : word('problem', 'other');
}
