// Choices of this browser only: language and theme. Never anything secret.
export function readPref<T extends string>(key: string, allowed: readonly T[], fallback: T): T {
  try {
    const v = localStorage.getItem(`svitlo.${key}`) as T | null;
    return v !== null && allowed.includes(v) ? v : fallback;
  } catch {
    return fallback;
  }
}

export function writePref(key: string, value: string): void {
  try {
    localStorage.setItem(`svitlo.${key}`, value);
  } catch {
    // private mode: the choice lasts for this visit
  }
}
