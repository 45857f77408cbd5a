/**
 * Writes the pages of the documentation: HTML of the Markdown files, modules of their snippets, the API reference, and
 * what the search needs. Git ignores all of it.
 *
 * Snippets for Node are run here, in a folder of their own, and their output is recorded in the page.
 */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';
import * as library from '../../../dist/index.js';
import { makeReference, sectionsOfReference } from './docs/api.mjs';
import { DOCUMENTS } from './docs/pages.mjs';
import { escaped, render } from './docs/render.mjs';
import { moduleOf, needsNode, sectionsOf } from './docs/snippets.mjs';
import { textOf } from '../src/docs/shown.mjs';

const site = fileURLToPath(new URL('..', import.meta.url));
const root = fileURLToPath(new URL('../../..', import.meta.url));
const names = Object.keys(library);

/** Files of others that snippets read, by the names that they have there. @type {Record<string, string>} */
const files = JSON.parse(readFileSync(join(root, 'test/golden/snippet-files.json'), 'utf8'));

/** Runs a section in Node; returns what each block shows, as text. */
async function recorded(blocks) {
  const folder = mkdtempSync(join(tmpdir(), 'snippet-'));
  const before = process.cwd();
  try {
    process.chdir(folder);
    for (const [name, file] of Object.entries(files)) copyFileSync(join(root, 'test/golden', file), name);
    const { outputText } = ts.transpileModule(moduleOf(blocks, names), {
      compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
    });
    const built = (name) => JSON.stringify(pathToFileURL(join(root, 'dist', `${name}.js`)).href);
    const code = outputText.replaceAll(/'wasm-mlp(?:\/([\w-]+))?'|"wasm-mlp(?:\/([\w-]+))?"/g, (_, a, b) =>
      built(a ?? b ?? 'index'),
    );
    const file = join(folder, 'snippet.mjs');
    writeFileSync(file, code);
    const { run } = await import(pathToFileURL(file).href);
    const outputs = [];
    for (let last = 0; last < blocks.length; last++) {
      const lines = [];
      await run(last, (text, value) => lines.push(textOf(text, value)), {
        log: (...values) => lines.push(values.join(' ')),
      });
      outputs.push(lines.join('\n') || 'It ran, and shows nothing.');
    }
    return outputs;
  } finally {
    process.chdir(before);
    rmSync(folder, { recursive: true, force: true });
  }
}

const generated = join(site, 'src/docs/generated');
const search = join(site, 'public/search');
const pictures = join(site, 'public/pictures');
for (const folder of [generated, search, pictures]) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
}
for (const name of readdirSync(site)) if (/^docs.*\.html$/.test(name)) rmSync(join(site, name));

const documents = DOCUMENTS.filter(({ file }) => existsSync(join(root, file)));
const pages = new Map(documents.map(({ page, file }) => [file, `./${page}.html`]));
/** Entries of the search: a section each. */
const entries = [];

/** Puts a picture of the repository into the site; returns its address. @param {string} file */
function pictureOf(file) {
  copyFileSync(join(root, file), join(pictures, basename(file)));
  return `./pictures/${basename(file)}`;
}

for (const { page, file, title } of documents) {
  const markdown = readFileSync(join(root, file), 'utf8');
  /** Of each TypeScript block. */
  const runs = [];
  for (const [index, blocks] of sectionsOf(markdown).entries()) {
    const id = `${basename(page)}-${index}`;
    const outputs = needsNode(blocks) ? await recorded(blocks) : undefined;
    if (outputs === undefined) writeFileSync(join(generated, `${id}.ts`), `// @ts-nocheck\n${moduleOf(blocks, names)}`);
    blocks.forEach((_, block) => runs.push({ id, block, output: outputs?.[block] }));
  }
  const { html, sections } = render(markdown, { file, pages, pictureOf, runs: (block) => runs[block] });
  for (const { text, anchor, content } of sections) {
    entries.push({
      id: entries.length,
      title: text,
      page: title,
      address: `./${page}.html#${anchor}`,
      text: content.trim(),
    });
  }
  const list = documents
    .map(
      (one) =>
        `<li><a href="./${one.page}.html"${one.page === page ? ' aria-current="page"' : ''}>${escaped(one.title)}</a></li>`,
    )
    .join('');
  const contents = sections
    .filter(({ level }) => level === 2)
    .map(({ text, anchor }) => `<li><a href="#${anchor}">${escaped(text)}</a></li>`)
    .join('');
  writeFileSync(
    join(site, `${page}.html`),
    `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>${escaped(title)} – wasm-mlp</title>
    <link rel="icon" href="./icon.svg" type="image/svg+xml" />
    <link rel="manifest" href="./site.webmanifest" />
    <script type="module" src="./src/docs/main.tsx"></script>
  </head>
  <body>
    <div id="head"></div>
    <div class="docs">
      <nav class="docs-nav" aria-label="Documents">
        <div id="search"></div>
        <ul>${list}<li><a href="./api/index.html">API reference</a></li></ul>
        ${contents === '' ? '' : `<div class="on-this-page"><h2>On this page</h2><ul>${contents}</ul></div>`}
      </nav>
      <main id="content" class="document">${html}</main>
    </div>
  </body>
</html>
`,
  );
}

makeReference();
for (const { title, kind, address, text } of sectionsOfReference()) {
  entries.push({ id: entries.length, title, page: `API reference: ${kind}`, address, text });
}
writeFileSync(join(search, 'sections.json'), JSON.stringify(entries));
console.error(`${documents.length} documents, ${entries.length} entries of the search`);
