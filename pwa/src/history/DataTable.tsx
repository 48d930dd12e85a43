import { MISSING } from '../format';
import { t } from '../i18n';
import { extentOf, firstFrom, type Table } from './lines';
import { seen } from './place';
import { amount } from './Readout';
import { at } from './stamps';

const ROWS = 24;

/** The same as the chart in numbers, in a few rows: of each piece of time the average, the lowest and the highest. */
export function DataTable({ table, caption }: { table: Table; caption: string }) {
  const { from, to } = seen.value;
  const [a, b] = [firstFrom(table.t, from / 1000), firstFrom(table.t, to / 1000)];
  const each = Math.max(1, Math.ceil((b - a) / ROWS));
  const starts = Array.from({ length: Math.ceil((b - a) / each) }, (_, i) => a + i * each);
  return (
    <div class="table-box" tabIndex={0} role="region" aria-label={caption}>
      <table class="data-table">
        <caption class="sr">{caption}</caption>
        <thead>
          <tr>
            <th scope="col">{t('timeFrom')}</th>
            {table.tracks.map(({ line }) => (
              <th key={line.key} scope="col">
                {line.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {starts.map((i) => (
            <tr key={i}>
              <th scope="row">{at((table.t[i] as number) * 1000, table.step_s)}</th>
              {table.tracks.map((track) => {
                const { avg, min, max } = extentOf(track, i, Math.min(b, i + each));
                return (
                  <td key={track.line.key}>
                    {avg === null ? MISSING : amount(avg, track.digits, track.unit)}
                    {min !== null && max !== null && min < max && (
                      <small>
                        {amount(min, track.digits, track.unit)} … {amount(max, track.digits, track.unit)}
                      </small>
                    )}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
