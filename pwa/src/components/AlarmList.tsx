import { word } from '../i18n';
import { Info, Warning } from './Icons';

export function AlarmList({ names, kind }: { names: string[]; kind: 'alarm' | 'notice' }) {
  if (names.length === 0) return null;
  return (
    <ul class={`alarms alarms-${kind}`}>
      {names.map((name) => (
        <li key={name}>
          {kind === 'alarm' ? <Warning /> : <Info />}
          <span>{word('error', name)}</span>
        </li>
      ))}
    </ul>
  );
}
