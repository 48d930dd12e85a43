import type { ComponentChildren } from 'preact';
import { levelOf } from '../energy';

const SWEEP = 75; // per cent of the circle; the rest is the opening at the bottom

/** The charge as an arc. The number beside it says the same to those who cannot see it. */
export function Ring({ soc, children }: { soc: number | null; children: ComponentChildren }) {
  const part = soc === null ? 0 : Math.min(100, Math.max(0, soc));
  return (
    <div class={`ring ring-${levelOf(soc)}`}>
      <svg viewBox="0 0 200 200" aria-hidden="true" focusable="false">
        <g transform="rotate(135 100 100)">
          <circle class="ring-track" cx="100" cy="100" r="90" pathLength="100" stroke-dasharray={`${SWEEP} 100`} />
          {part > 0 && (
            <circle
              class="ring-value"
              cx="100"
              cy="100"
              r="90"
              pathLength="100"
              stroke-dasharray={`${(part / 100) * SWEEP} 100`}
            />
          )}
        </g>
      </svg>
      <div class="ring-inside">{children}</div>
    </div>
  );
}
