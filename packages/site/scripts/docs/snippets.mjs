/**
 * The TypeScript of a document as modules that can be run: one for each heading of the second level, whose blocks
 * continue each other. A line that ends on a comment, and whatever is logged, is shown.
 */
import ts from 'typescript';

/** @param {string} code */
const parse = (code) => ts.createSourceFile('snippet.ts', code, ts.ScriptTarget.ES2022, true);

/**
 * Lists the sections with TypeScript: the blocks of each.
 *
 * @param {string} markdown
 */
export const sectionsOf = (markdown) =>
  markdown
    .split(/^(?=## )/m)
    .map((text) => [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, block]) => block))
    .filter((blocks) => blocks.length > 0);

/**
 * Whether a snippet is run when the page is built: it needs Node, or a worker of the library's own, which the page's
 * policy forbids: it would be loaded from a blob.
 *
 * @param {readonly string[]} blocks
 */
export const needsNode = (blocks) =>
  blocks.some((block) => /from '(node:[^']+|wasm-mlp\/node)'|runIn: 'worker'|threads: [2-9]/.test(block));

/**
 * Returns the module of a section. It exports `run(last, show, console)`, which runs the blocks up to the last one.
 *
 * @param {readonly string[]} blocks
 * @param {readonly string[]} names of the library's main entry
 */
export function moduleOf(blocks, names) {
  /** @type {string[]} */
  const imports = [];
  const imported = new Set();
  const declared = new Set();
  const bodies = blocks.map((block) => {
    const source = parse(block);
    /** @type {{ from: number, to: number, text: string }[]} */
    const edits = [];
    for (const statement of source.statements) {
      if (ts.isImportDeclaration(statement)) {
        const { elements } = statement.importClause.namedBindings;
        const list = elements.filter(({ isTypeOnly, name }) => !isTypeOnly && !imported.has(name.text));
        list.forEach(({ name }) => imported.add(name.text));
        if (list.length > 0) {
          imports.push(
            `import { ${list.map((one) => one.getText()).join(', ')} } from ${statement.moduleSpecifier.getText()};`,
          );
        }
        edits.push({ from: statement.getStart(), to: statement.end, text: '' });
        continue;
      }
      const [comment] = ts.getTrailingCommentRanges(source.text, statement.end) ?? [];
      if (comment?.kind !== ts.SyntaxKind.SingleLineCommentTrivia) continue;
      if (ts.isExpressionStatement(statement)) {
        const text = statement.expression.getText();
        edits.push({
          from: statement.expression.getStart(),
          to: statement.expression.end,
          text: `__show(${JSON.stringify(text)}, (${text}))`,
        });
      } else if (ts.isVariableStatement(statement)) {
        const { name } = statement.declarationList.declarations[0];
        if (ts.isIdentifier(name)) {
          edits.push({
            from: statement.end,
            to: statement.end,
            text: ` __show(${JSON.stringify(name.text)}, ${name.text});`,
          });
        }
      }
    }
    const visit = (node) => {
      if (
        (ts.isVariableDeclaration(node) || ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node)) &&
        node.name &&
        ts.isIdentifier(node.name)
      ) {
        declared.add(node.name.text);
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
    return edits
      .sort((a, b) => b.from - a.from)
      .reduce((text, { from, to, text: by }) => text.slice(0, from) + by + text.slice(to), block);
  });
  const all = bodies.join('\n');
  const used = names.filter(
    (name) =>
      !imported.has(name) &&
      new RegExp(`(?<![.\\w$'"])${name}\\b(?!['"]?:)`).test(all) &&
      !isDeclaredAtTop(blocks, name),
  );
  const head = used.length === 0 ? [] : [`import { ${used.join(', ')} } from 'wasm-mlp';`];
  const parts = bodies.map((body, index) => `${body}\n  if (__last === ${index}) return;`);
  return [
    ...head,
    ...imports,
    'export async function run(__last: number, __show: (text: string, value: unknown) => void, console: Pick<Console, "log">): Promise<void> {',
    parts.join('\n'),
    '}',
    '',
  ].join('\n');
}

/** @param {readonly string[]} blocks @param {string} name */
const isDeclaredAtTop = (blocks, name) =>
  blocks.some((block) =>
    parse(block).statements.some(
      (statement) =>
        ts.isVariableStatement(statement) &&
        statement.declarationList.declarations.some((one) => ts.isIdentifier(one.name) && one.name.text === name),
    ),
  );
