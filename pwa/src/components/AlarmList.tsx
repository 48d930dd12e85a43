import { alarmWord, hasWord, word } from '../i18n';
import { Info, Warning } from './Icons';

interface ListProps {
  names: string[];
  kind: 'alarm' | 'notice';
  /** Also what to do about it. */
  advice?: boolean;
}

export function AlarmList({ names, kind, advice = false }: ListProps) {
  if (names.length === 0) return null;
  return (
    <ul class={`alarms alarms-${kind}`}>
      {names.map((name) => (
        <li key={name} data-alarm={name}>
          {kind === 'alarm' ? <Warning /> : <Info />}
          <span>
            {alarmWord(name)}
            {advice && hasWord('remedy', name) && <small>{word('remedy', name)}</small>}
          </span>
        </li>
      ))}
    </ul>
  );
}
