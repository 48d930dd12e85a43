import { t } from '../i18n';
import { Fold } from './Fold';
import type { Mark } from './paint';
import { seen } from './place';
import { at } from './stamps';

const MOST = 100;

/** The marks of the chart in words, newest first. */
export function MarkList({ marks }: { marks: readonly Mark[] }) {
  const { from, to } = seen.value;
  const shown = marks.filter((m) => m.t * 1000 >= from && m.t * 1000 < to);
  if (shown.length === 0) return null;
  return (
    <Fold title={t('marksOf', { n: shown.length })} id="marks">
      {() => (
      <ol class="events">
        {shown.slice(0, MOST).map((m) => (
          <li key={`${m.t} ${m.text}`} class={`event event-${m.tone}`} data-kind={m.event.kind}>
            <time dateTime={new Date(m.t * 1000).toISOString()}>{at(m.t * 1000, 60)}</time>
            <p>{m.text}</p>
          </li>
        ))}
      </ol>
      )}
    </Fold>
  );
}
