/** The page: its language, the list of subjects, and a section for each. */
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Page } from '../components/page.js';
import { addressOf, LANGUAGES, LanguageContext, languageOf, TAGS, TEXTS, type Language } from './language.js';
import { Activations } from './sections/activations.js';
import { Backpropagation } from './sections/backpropagation.js';
import { DeadUnits } from './sections/dead-units.js';
import { InitializationSection } from './sections/initializations.js';
import { Layers } from './sections/layers.js';
import { Losses } from './sections/losses.js';
import { Nonlinearity } from './sections/nonlinearity.js';
import { Optimizers } from './sections/optimizers.js';
import { Penalties } from './sections/penalties.js';
import { Regions } from './sections/regions.js';
import { Vanishing } from './sections/vanishing.js';
import { Xor } from './sections/xor.js';
import { Zigzag } from './sections/zigzag.js';
import { SUBJECT_IDS, type SubjectId } from './subjects.js';

const SECTIONS: Readonly<Record<SubjectId, ComponentType>> = {
  layers: Layers,
  regions: Regions,
  xor: Xor,
  activations: Activations,
  nonlinearity: Nonlinearity,
  backpropagation: Backpropagation,
  vanishing: Vanishing,
  zigzag: Zigzag,
  'dead-units': DeadUnits,
  penalties: Penalties,
  losses: Losses,
  initializations: InitializationSection,
  optimizers: Optimizers,
};

const NATIVE: Readonly<Record<Language, string>> = { en: 'English', zh: '中文' };

interface SlidesProps {
  /** How many subjects are drawn at once; the others follow one by one, so that the page is live early. Default all. */
  readonly atOnce?: number;
}

export function Slides({ atOnce = SUBJECT_IDS.length }: SlidesProps) {
  const [language, setLanguage] = useState(() => languageOf(location.search, navigator.language));
  const { page, subjects } = TEXTS[language];
  const [count, setCount] = useState(atOnce);
  useEffect(() => {
    document.documentElement.lang = TAGS[language];
    document.title = `${page.title} – wasm-mlp`;
  }, [language, page]);
  useEffect(() => {
    const onAddress = (): void => setLanguage(languageOf(location.search, navigator.language));
    addEventListener('popstate', onAddress);
    return () => removeEventListener('popstate', onAddress);
  }, []);
  useEffect(() => {
    if (count < SUBJECT_IDS.length) {
      const timer = setTimeout(() => setCount(count + 1), 0);
      return () => clearTimeout(timer);
    }
    // The browser looked for the place in the address before all was drawn.
    if (location.hash !== '') document.getElementById(location.hash.slice(1))?.scrollIntoView();
    return undefined;
  }, [count]);
  const choose = (event: MouseEvent, next: Language): void => {
    event.preventDefault();
    history.pushState(undefined, '', addressOf(next, location.hash));
    setLanguage(next);
  };
  return (
    <LanguageContext.Provider value={language}>
      <Page current="./slides.html" texts={page}>
        <div class="slides">
          <header class="slides-head">
            <h1>{page.title}</h1>
            <nav aria-label={page.language} class="languages">
              {LANGUAGES.map((one) => (
                <a
                  key={one}
                  href={addressOf(one, '')}
                  lang={TAGS[one]}
                  aria-current={one === language ? 'true' : undefined}
                  onClick={(event) => choose(event, one)}
                >
                  {NATIVE[one]}
                </a>
              ))}
            </nav>
            <p>{page.lead}</p>
          </header>
          <nav aria-label={page.contents} class="contents">
            <ol>
              {SUBJECT_IDS.map((id) => (
                <li key={id}>
                  <a href={`#${id}`}>{subjects[id]}</a>
                </li>
              ))}
            </ol>
          </nav>
          <div class="subjects">
            {SUBJECT_IDS.map((id, i) => {
              const Subject = SECTIONS[id];
              return i < count ? <Subject key={id} /> : <div key={`${id} later`} id={id} class="panel subject later" />;
            })}
          </div>
        </div>
      </Page>
    </LanguageContext.Provider>
  );
}
