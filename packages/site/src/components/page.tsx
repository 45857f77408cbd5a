/** What all pages have around them. */
import type { ComponentChildren } from 'preact';
import { toggleTheme, useDark } from './theme.js';

const PAGES = [
  ['./', 'start'],
  ['./playground.html', 'playground'],
  ['./slides.html', 'slides'],
  ['./digits.html', 'digits'],
  ['./docs.html', 'docs'],
] as const;

const TEXTS = {
  skip: 'Skip to the content',
  pages: 'Pages',
  start: 'Start',
  playground: 'Playground',
  slides: 'Slides',
  digits: 'Digits',
  docs: 'Documentation',
  light: 'Light',
  dark: 'Dark',
};

interface HeadProps {
  /** Address of the page itself, as in PAGES. */
  readonly current: (typeof PAGES)[number][0];
  /** The texts around the page in its language. Default English. */
  readonly texts?: Readonly<typeof TEXTS>;
}

/** Moves the focus to the content and leaves the address alone: behind its # the playground keeps data and network. */
function skipToContent(event: Event): void {
  const content = document.getElementById('content');
  if (content === null) return;
  event.preventDefault();
  content.tabIndex = -1;
  content.focus();
}

/** The head of a page: links to the others, and the choice of light or dark. */
export function Head({ current, texts = TEXTS }: HeadProps) {
  const dark = useDark();
  return (
    <>
      <a class="skip" href="#content" onClick={skipToContent}>
        {texts.skip}
      </a>
      <header class="site-head">
        <a class="mark" href="./">
          wasm-mlp
        </a>
        <nav aria-label={texts.pages}>
          {PAGES.slice(1).map(([address, name]) => (
            <a key={address} href={address} aria-current={address === current ? 'page' : undefined}>
              {texts[name]}
            </a>
          ))}
        </nav>
        <button type="button" class="quiet" onClick={toggleTheme}>
          {dark ? texts.light : texts.dark}
        </button>
      </header>
    </>
  );
}

interface PageProps extends HeadProps {
  readonly children: ComponentChildren;
}

export function Page({ children, ...head }: PageProps) {
  return (
    <>
      <Head {...head} />
      <main id="content">{children}</main>
    </>
  );
}
