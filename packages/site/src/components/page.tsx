/** What all pages have around them: the head with its links, and the foot. */
import type { ComponentChildren } from 'preact';
import { toggleTheme, useDark } from './theme.js';

const PAGES = [
  ['./', 'Start'],
  ['./playground.html', 'Playground'],
  ['./slides.html', 'Slides'],
  ['./digits.html', 'Digits'],
  ['./docs.html', 'Documentation'],
] as const;

interface PageProps {
  /** Address of the page itself, as in PAGES. */
  readonly current: (typeof PAGES)[number][0];
  readonly children: ComponentChildren;
}

export function Page({ current, children }: PageProps) {
  const dark = useDark();
  return (
    <>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <header class="site-head">
        <a class="mark" href="./">
          wasm-mlp
        </a>
        <nav aria-label="Pages">
          {PAGES.slice(1).map(([address, title]) => (
            <a key={address} href={address} aria-current={address === current ? 'page' : undefined}>
              {title}
            </a>
          ))}
        </nav>
        <button type="button" class="quiet" onClick={toggleTheme}>
          {dark ? 'Light' : 'Dark'}
        </button>
      </header>
      <main id="content">{children}</main>
    </>
  );
}
