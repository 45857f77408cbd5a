/** What all pages have around them. */
import type { ComponentChildren } from 'preact';
import { toggleTheme, useDark } from './theme.js';

const PAGES = [
  ['./', 'Start'],
  ['./playground.html', 'Playground'],
  ['./slides.html', 'Slides'],
  ['./digits.html', 'Digits'],
  ['./docs.html', 'Documentation'],
] as const;

type Address = (typeof PAGES)[number][0];

/** The head of a page: links to the others, and the choice of light or dark. */
export function Head({ current }: { readonly current: Address }) {
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
    </>
  );
}

interface PageProps {
  /** Address of the page itself, as in PAGES. */
  readonly current: Address;
  readonly children: ComponentChildren;
}

export function Page({ current, children }: PageProps) {
  return (
    <>
      <Head current={current} />
      <main id="content">{children}</main>
    </>
  );
}
