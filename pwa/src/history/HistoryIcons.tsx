// Arrows of the range bar; see ../components/Icons.tsx.
const Arrow = ({ d }: { d: string }) => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path d={d} />
  </svg>
);

export const Previous = () => <Arrow d="M15 5l-7 7 7 7" />;
export const Next = () => <Arrow d="M9 5l7 7-7 7" />;
