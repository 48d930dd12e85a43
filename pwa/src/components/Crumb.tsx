import { Link } from '../router';
import { Back } from './Icons';

/** The way back to where this page belongs. */
export function Crumb({ to, title }: { to: string; title: string }) {
  return (
    <nav class="crumbs" aria-label={title}>
      <Link to={to}>
        <Back />
        {title}
      </Link>
    </nav>
  );
}
