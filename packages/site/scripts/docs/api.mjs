/**
 * The API reference: what TypeDoc writes, into public/api. Its pages get links back to the site, and their one script
 * that is not a file becomes one, as a strict policy asks.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const folder = fileURLToPath(new URL('../../public/api/', import.meta.url));

const SOURCES = [
  'src',
  'docs/guide.md',
  'docs/reference',
  'scripts/docs',
  'typedoc.json',
  'packages/site/scripts/docs',
];
/** A script of each page, which hides it until its theme is known. */
const INLINE = /<script>(document\.documentElement\.dataset\.theme[^<]*)<\/script>/;
const LINKS = [
  ['index.html', 'Start'],
  ['playground.html', 'Playground'],
  ['docs.html', 'Documentation'],
];
/** Kinds of pages that the search finds, by their folders. */
const KINDS = { functions: 'function', classes: 'class', interfaces: 'interface', types: 'type', variables: 'constant', modules: 'entry' }; // prettier-ignore
/** Most characters of a page that the search reads. */
const MOST = 600;

/** Time of the newest file under a path. @param {string} path @returns {number} */
function newest(path) {
  const entry = statSync(path, { throwIfNoEntry: false });
  if (entry === undefined) return 0;
  return entry.isDirectory()
    ? Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))))
    : entry.mtimeMs;
}

/** @returns {string[]} */
const pages = () =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.html'))
    .map((name) => name.split(sep).join('/'))
    .sort();

/** Writes the reference, unless it is newer than what it is made of. */
export function makeReference() {
  const made = statSync(join(folder, 'start.js'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (SOURCES.every((path) => newest(join(root, path)) < made)) return;
  rmSync(folder, { recursive: true, force: true });
  const typedoc = join(root, 'node_modules/typedoc/bin/typedoc');
  // `npm run docs` is where what lacks a comment is an error.
  const lenient = ['--treatWarningsAsErrors', 'false', '--treatValidationWarningsAsErrors', 'false'];
  const args = [typedoc, '--out', folder, '--logLevel', 'Error', ...lenient];
  execFileSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  let start = '';
  for (const page of pages()) {
    const file = join(folder, page);
    const html = readFileSync(file, 'utf8');
    const up = '../'.repeat(page.split('/').length - 1) || './';
    const found = INLINE.exec(html);
    if (found === null) throw new Error(`${relative(root, file)} expected TypeDoc's script, got none.`);
    start = found[1];
    const links = LINKS.map(([address, text]) => `<a href="${up}../${address}">${text}</a>`).join('');
    writeFileSync(
      file,
      html
        .replace(INLINE, () => `<script src="${up}start.js"></script>`)
        .replace('<div id="tsd-toolbar-links">', (place) => place + links),
    );
  }
  // A theme that was chosen on the other pages holds here too.
  const theme = `localStorage.getItem("tsd-theme") || localStorage.getItem("theme")`;
  writeFileSync(join(folder, 'start.js'), `${start.replace('localStorage.getItem("tsd-theme")', theme)}\n`);
}

/** @param {string} html */
const textOf = (html) =>
  html
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
    .replaceAll(/\s+/g, ' ')
    .trim();

/** Lists the pages of the reference for the search: names, and what is written of them and of their members. */
export function sectionsOfReference() {
  return pages().flatMap((page) => {
    const [of, name] = page.split('/');
    const kind = Object.hasOwn(KINDS, of) ? KINDS[/** @type {keyof typeof KINDS} */ (of)] : undefined;
    if (kind === undefined || name === undefined) return [];
    const html = readFileSync(join(folder, page), 'utf8');
    const [, title = name] = /<title>([^|<]*?)(?: \|[^<]*)?<\/title>/.exec(html) ?? [];
    const comments = [...html.matchAll(/<div class="tsd-comment tsd-typography">([\s\S]*?)<\/div>/g)];
    const members = [...html.matchAll(/class="tsd-kind-(?:property|method|accessor)" href="#[^"]*">([^<]*)</g)];
    const text = [...new Set(members.map(([, member]) => member)), ...comments.map(([, comment]) => textOf(comment))];
    return [{ title: textOf(title), kind, address: `./api/${page}`, text: text.join(' ').slice(0, MOST) }];
  });
}
