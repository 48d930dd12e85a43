/** How far a job is; without a number it only says that it goes on. */
export function Progress({ label, value }: { label: string; value: number | null }) {
  return <progress aria-label={label} max={1} {...(value === null ? {} : { value })} />;
}
