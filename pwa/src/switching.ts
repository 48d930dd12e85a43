// What the journal and the events say of a plug that was switched, or was not.
import { inner, t, word } from './i18n';

const what = {
  done: { on: 'wasTurnedOn', off: 'wasTurnedOff' },
  seen: { on: 'wentOn', off: 'wentOff' },
  failed: { on: 'onNotDone', off: 'offNotDone' },
  refused: { on: 'onRefused', off: 'offRefused' },
  expired: { on: 'onExpired', off: 'offExpired' },
  missed: { on: 'onMissed', off: 'offMissed' },
} as const;

export function switchedText(action: 'on' | 'off', result: string): string {
  const texts = what[result as keyof typeof what];
  return texts ? t(texts[action]) : `${action}: ${result}`;
}

/** In one line, with who or what did it: "Switched on by a timer". */
export function switchedBy(action: 'on' | 'off', result: string, by: string): string {
  const who = inner(word('plugBy', by));
  const was = result === 'done' || result === 'seen';
  const text = switchedText(action, was ? 'done' : result);
  return !was ? `${text} (${who})` : by === 'limit' ? `${text}: ${who}` : `${text} ${who}`;
}
