/** The search over all sections of the documents. Its index is made when the field is used first. */
import type MiniSearch from 'minisearch';
import { useId, useRef, useState } from 'preact/hooks';
import { SEARCH_FIELDS, type Section } from './search-fields.js';

/** Most results. */
const MOST = 8;

async function loadIndex(): Promise<MiniSearch<Section>> {
  const [{ default: Index }, response] = await Promise.all([import('minisearch'), fetch('./search/sections.json')]);
  const index = new Index<Section>(SEARCH_FIELDS);
  index.addAll((await response.json()) as Section[]);
  return index;
}

export function Search() {
  const id = useId();
  const index = useRef<Promise<MiniSearch<Section>> | undefined>(undefined);
  const [found, setFound] = useState<Section[]>([]);
  const [asked, setAsked] = useState('');
  const load = (): Promise<MiniSearch<Section>> => (index.current ??= loadIndex());
  const ask = (text: string): void => {
    setAsked(text);
    void load().then((loaded) => setFound(loaded.search(text).slice(0, MOST) as unknown as Section[]));
  };
  return (
    <search>
      <label for={id}>Search the documentation</label>
      <input id={id} type="search" onFocus={() => void load()} onInput={(event) => ask(event.currentTarget.value)} />
      <div role="status">
        {asked !== '' && (
          <ul class="found">
            {found.map(({ address, title, page }) => (
              <li key={address}>
                <a href={address}>{title}</a> <span class="hint">{page}</span>
              </li>
            ))}
            {found.length === 0 && <li class="hint">Nothing found.</li>}
          </ul>
        )}
      </div>
    </search>
  );
}
