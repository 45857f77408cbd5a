/**
 * A document as HTML: headings with the anchors that its links use, highlighted code, links to the pages of other
 * documents, and a button at each snippet that can be run.
 */
import highlight from 'highlight.js/lib/core';
import bash from 'highlight.js/lib/languages/bash';
import json from 'highlight.js/lib/languages/json';
import python from 'highlight.js/lib/languages/python';
import typescript from 'highlight.js/lib/languages/typescript';
import xml from 'highlight.js/lib/languages/xml';
import katex from 'katex';
import MarkdownIt from 'markdown-it';
import { posix } from 'node:path';

const LANGUAGES = { ts: typescript, js: typescript, sh: bash, bash, json, python, html: xml };
for (const [name, language] of Object.entries(LANGUAGES)) highlight.registerLanguage(name, language);

/** @param {string} text */
export const escaped = (text) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** A formula as MathML, which browsers draw without fonts or styles of ours. @param {string} tex @param {boolean} alone */
const formula = (tex, alone) => katex.renderToString(tex, { output: 'mathml', displayMode: alone, throwOnError: true });

/** Reads `$…$` and `$$…$$` within a line. @param {import('markdown-it').default} parser */
function withFormulas(parser) {
  parser.inline.ruler.after('escape', 'formula', (state, silent) => {
    const found = /^(\$\$?)([^\n]+?)\1/.exec(state.src.slice(state.pos));
    if (found === null) return false;
    if (!silent) {
      const token = state.push('formula', 'math', 0);
      token.content = found[2].replaceAll(/^`|`$/g, '');
      token.markup = found[1];
    }
    state.pos += found[0].length;
    return true;
  });
  parser.renderer.rules.formula = (tokens, index) => formula(tokens[index].content, tokens[index].markup === '$$');
}

/** The anchor of a heading, as GitHub makes it. @param {string} heading */
const anchorOf = (heading) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-');

/**
 * @param {string} markdown
 * @param {{ file: string, pages: ReadonlyMap<string, string>, pictureOf: (file: string) => string, runs: (block: number) => { id: string, block: number, output?: string } | undefined }} of
 *   `pages`: addresses by file. `pictureOf`: the address of a picture. `runs`: the snippet of the n-th TypeScript
 *   block, with its recorded output if it runs in Node alone.
 */
export function render(markdown, { file, pages, pictureOf, runs }) {
  const parser = new MarkdownIt({ html: false, linkify: false, typographer: false }).use(withFormulas);
  /** @type {{ level: number, text: string, anchor: string, content: string }[]} */
  const sections = [];
  const anchors = new Map();
  let blocks = 0;

  parser.renderer.rules.heading_open = (tokens, index) => {
    const text = tokens[index + 1].children.map(({ content }) => content).join('');
    const base = anchorOf(text);
    const count = anchors.get(base) ?? 0;
    anchors.set(base, count + 1);
    const anchor = count === 0 ? base : `${base}-${count}`;
    sections.push({ level: Number(tokens[index].tag.slice(1)), text, anchor, content: '' });
    return `<${tokens[index].tag} id="${anchor}">`;
  };
  parser.renderer.rules.fence = (tokens, index) => {
    const { info, content } = tokens[index];
    const language = info.trim();
    if (language === 'math')
      return `<div class="scroll" tabindex="0" role="group" aria-label="Formula">${formula(content, true)}</div>`;
    const known = Object.hasOwn(LANGUAGES, language);
    const code = known ? highlight.highlight(content, { language }).value : escaped(content);
    const shown = `<pre tabindex="0"><code>${code}</code></pre>`;
    const run = language === 'ts' ? runs(blocks++) : undefined;
    if (run === undefined) return `<div class="snippet">${shown}</div>`;
    const recorded = run.output === undefined ? '' : ` data-output="${escaped(run.output)}"`;
    const label = run.output === undefined ? 'Run' : 'Show what Node prints';
    return (
      `<div class="snippet">${shown}<div class="run">` +
      `<button type="button" data-snippet="${run.id}" data-block="${run.block}"${recorded} disabled>${label}</button>` +
      '<pre class="printed" role="status" hidden></pre></div></div>'
    );
  };
  parser.renderer.rules.table_open = () => '<div class="scroll" tabindex="0" role="group" aria-label="Table"><table>';
  parser.renderer.rules.table_close = () => '</table></div>';
  const { image } = parser.renderer.rules;
  parser.renderer.rules.image = (tokens, index, options, env, self) => {
    const address = tokens[index].attrGet('src') ?? '';
    if (!address.startsWith('https:')) {
      tokens[index].attrSet('src', pictureOf(posix.normalize(posix.join(posix.dirname(file), address))));
    }
    return image(tokens, index, options, env, self);
  };
  parser.renderer.rules.link_open = (tokens, index, options, _, self) => {
    const address = tokens[index].attrGet('href') ?? '';
    if (/^(https?:|#)/.test(address)) return self.renderToken(tokens, index, options);
    const [path, anchor] = address.split('#');
    const target = posix.normalize(posix.join(posix.dirname(file), path));
    const page = pages.get(target);
    // Files of the repository have no page: their names are shown.
    if (page === undefined) {
      tokens[index].attrs = [['class', 'file']];
      tokens[index].tag = 'span';
      let close = index;
      while (tokens[close].type !== 'link_close') close++;
      tokens[close].tag = 'span';
    } else tokens[index].attrSet('href', `${page}${anchor === undefined ? '' : `#${anchor}`}`);
    return self.renderToken(tokens, index, options);
  };

  // Marks for the scripts that write parts of a document.
  const tokens = parser.parse(markdown.replaceAll(/^<!--.*?-->\n/gm, ''), {});
  const html = parser.renderer
    .render(tokens, parser.options, {})
    // Headers without text, as Markdown needs them for every table, are no headers.
    .replaceAll(/<th([^>]*)><\/th>/g, '<td$1></td>')
    // Of formulas alone, screen readers get the text: to some of them a header without any is empty.
    .replaceAll(
      /<th([^>]*)><span class="katex">((?:(?!<\/th>).)*?<annotation[^>]*>([^<]*)<)/gs,
      '<th$1><span class="visually-hidden">$3</span><span class="katex" aria-hidden="true">$2',
    );
  // Plain text by section, for the search.
  let section = -1;
  tokens.forEach((token, index) => {
    if (token.type === 'heading_open') section++;
    else if (token.type === 'inline' && tokens[index - 1].type !== 'heading_open' && section >= 0) {
      sections[section].content += ` ${token.children.map(({ content }) => content).join(' ')}`;
    }
  });
  return { html, sections };
}
