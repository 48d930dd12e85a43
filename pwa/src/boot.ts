// Runs before the first paint: somebody who chose the dark theme must not be dazzled by a white page.
try {
  const theme = localStorage.getItem('svitlo.theme');
  if (theme === 'dark' || theme === 'light') document.documentElement.dataset['theme'] = theme;
} catch {
  // no storage: the system's theme
}
