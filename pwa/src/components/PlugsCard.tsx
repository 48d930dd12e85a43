import '../app'; // stays one file, see views/more.ts
import { t } from '../i18n';
import { switchable } from '../plugs';
import { Link } from '../router';
import type { Device } from '../types';
import { Plug } from './PlugIcon';
import { PlugRow } from './PlugRow';
import { PlugSums } from './PlugSums';

const MOST = 6;

/** The most important plugs on the overview. */
export function PlugsCard({ devices }: { devices: Device[] }) {
  const plugs = switchable(devices);
  return (
    <section class="card plugs-card" id="plugs" aria-labelledby="plugs-title">
      <div class="plugs-head">
        <h2 id="plugs-title">
          <Plug />
          {t('plugs')}
        </h2>
        <PlugSums plugs={plugs} />
      </div>
      <ul class="plug-rows">
        {plugs.slice(0, MOST).map((d) => (
          <PlugRow key={d.id} device={d} />
        ))}
      </ul>
      <Link to="/plugs" class="link-button plugs-all">
        {t('allPlugs', { n: plugs.length })}
      </Link>
    </section>
  );
}
