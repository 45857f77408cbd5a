/** The theme of the page: light or dark, as the system has it or as the user has chosen. */
import { useEffect, useState } from 'preact/hooks';
import { palette, type Palette } from './colours.js';

const query = (): MediaQueryList => matchMedia('(prefers-color-scheme: dark)');

const chosen = (): string | undefined => document.documentElement.dataset.theme;

const isDark = (): boolean => (chosen() ?? (query().matches ? 'dark' : 'light')) === 'dark';

/** Returns whether the page is dark, and follows changes. */
export function useDark(): boolean {
  const [dark, setDark] = useState(isDark);
  useEffect(() => {
    const update = (): void => setDark(isDark());
    const media = query();
    media.addEventListener('change', update);
    addEventListener('themechange', update);
    return () => {
      media.removeEventListener('change', update);
      removeEventListener('themechange', update);
    };
  }, []);
  return dark;
}

/** Returns the colours for drawing. */
export const usePalette = (): Palette => palette(useDark());

/** Changes the theme, and keeps the choice where the browser allows it. */
export function toggleTheme(): void {
  const theme = isDark() ? 'light' : 'dark';
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem('theme', theme);
  } catch {
    // Pages without storage forget the choice.
  }
  dispatchEvent(new Event('themechange'));
}

/** Sets the theme that was chosen before. */
export function restoreTheme(): void {
  try {
    const theme = localStorage.getItem('theme');
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  } catch {
    // As above.
  }
}
