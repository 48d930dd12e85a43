// Line icons on a 24 grid. They repeat what a word says, so they are hidden from screen readers.
import type { ComponentChildren } from 'preact';

function Icon({ children }: { children: ComponentChildren }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

export const ArrowUp = () => (
  <Icon>
    <path d="M12 20V5M5.5 11.5 12 5l6.5 6.5" />
  </Icon>
);
export const ArrowDown = () => (
  <Icon>
    <path d="M12 4v15M5.5 12.5 12 19l6.5-6.5" />
  </Icon>
);
export const Pause = () => (
  <Icon>
    <path d="M5 9.5h14M5 14.5h14" />
  </Icon>
);
export const Unknown = () => (
  <Icon>
    <path d="M6 12h12" />
  </Icon>
);
export const Question = () => (
  <Icon>
    <path d="M8.5 9a3.5 3.5 0 1 1 5.2 3c-1.2.7-1.7 1.3-1.7 2.6M12 18.4v.2" />
  </Icon>
);
export const Warning = () => (
  <Icon>
    <path d="M12 4 2.8 19.5h18.4L12 4zM12 10v4.5M12 17v.2" />
  </Icon>
);
export const Info = () => (
  <Icon>
    <circle cx="12" cy="12" r="9" />
    <path d="M12 11v5.5M12 7.6v.2" />
  </Icon>
);
export const Back = () => (
  <Icon>
    <path d="M19 12H5M11 6l-6 6 6 6" />
  </Icon>
);
export const Close = () => (
  <Icon>
    <path d="M6 6l12 12M18 6 6 18" />
  </Icon>
);
export const Sliders = () => (
  <Icon>
    <path d="M4 7h9M19 7h1M4 17h1M11 17h9" />
    <circle cx="16" cy="7" r="2.5" />
    <circle cx="8" cy="17" r="2.5" />
  </Icon>
);
export const Battery = () => (
  <Icon>
    <path d="M6 8.5h12v11.5H6zM9.5 8.5V5h5v3.5M9.5 14h5" />
  </Icon>
);
export const Chart = () => (
  <Icon>
    <path d="M4 4v16h16M8 15l4-5 3 3 5-7" />
  </Icon>
);
export const Sun = () => (
  <Icon>
    <circle cx="12" cy="12" r="4" />
    <path d="M12 2.5v2.6M12 18.9v2.6M2.5 12h2.6M18.9 12h2.6M5.3 5.3l1.8 1.8M16.9 16.9l1.8 1.8M18.7 5.3l-1.8 1.8M7.1 16.9l-1.8 1.8" />
  </Icon>
);
export const Home = () => (
  <Icon>
    <path d="M3.5 11.5 12 4.5l8.5 7M6 9.8V20h12V9.8M10 20v-5.5h4V20" />
  </Icon>
);
export const Pylon = () => (
  <Icon>
    <path d="M10.2 3h3.6l3.7 18M10.2 3 6.5 21M4.5 8.5h15M8.9 9l7.6 6.5M15.1 9l-7.6 6.5" />
  </Icon>
);
export const PylonOff = () => (
  <Icon>
    <path d="M10.2 3h3.6l3.7 18M10.2 3 6.5 21M4.5 8.5h15M3 20.5 21 3.5" />
  </Icon>
);
export const Generator = () => (
  <Icon>
    <path d="M4 7h16v11H4zM8 7V4h4M7 18v2.5M17 18v2.5M13 9l-2.5 3.8h3L11 16.5" />
  </Icon>
);
export const Inverter = () => (
  <Icon>
    <path d="M4 4h16v16H4zM7.5 9.2h3M7.5 12h3M12.5 15.5c1-2.6 2.2-2.6 3 -.3s1.7 2.2 2.3-.2" />
  </Icon>
);
export const NoLink = () => (
  <Icon>
    <path d="M3 3l18 18M5 12.5a10 10 0 0 1 4-2.3M19 12.5a10 10 0 0 0-4.6-2.5M8.5 16a5 5 0 0 1 6-.8M12 19.5v.2" />
  </Icon>
);

/** The mark of svitlo: a bulb that is filled with light like a battery. */
export const Bulb = () => (
  <svg class="bulb" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path class="bulb-light" d="M5.2 10.5h13.6a6.8 6.8 0 0 1-2.9 5.1c-.6.5-.9 1-.9 1.9H9c0-.9-.3-1.4-.9-1.9a6.8 6.8 0 0 1-2.9-5.1z" />
    <path class="bulb-glass" d="M9 17.5c0-.9-.3-1.4-.9-1.9a6.9 6.9 0 1 1 7.8 0c-.6.5-.9 1-.9 1.9zM9.5 20.8h5" />
  </svg>
);
