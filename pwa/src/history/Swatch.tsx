import type { Look } from './lines';

/** A piece of the line as it is drawn. */
export function Swatch({ colour, dash = [], fill, width = 1.75 }: Look) {
  return (
    <svg class={`swatch swatch${colour}`} viewBox="0 0 28 12" aria-hidden="true" focusable="false">
      {fill && <rect y="6" width="28" height="6" opacity="0.25" />}
      <path d="M0 6H28" stroke-width={width} stroke-dasharray={dash.join(' ') || undefined} />
    </svg>
  );
}
