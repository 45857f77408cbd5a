/**
 * Snippets of the documentation: finds them, runs them, and compares their values with those in comments. A line that
 * ends with `// value`, the value written as a literal, states the value of its expression or declaration. The tests
 * are in test/docs/examples.test.ts.
 */
import { runInThisContext } from 'node:vm';
import ts from 'typescript';
import { expect } from 'vitest';
import * as fused from '../../src/runtime/fused.js';
import * as index from '../../src/index.js';
import * as keras from '../../src/keras.js';
import * as numpy from '../../src/numpy.js';
import * as module from '../../src/module.js';
import * as node from '../../src/node.js';
import * as brain from '../../src/brain.js';
import * as onnx from '../../src/onnx.js';
import * as tables from '../../src/tables.js';
import * as tfjs from '../../src/tfjs.js';

export interface Snippet {
  readonly title: string;
  readonly code: string;
}

/** The examples of all docstrings in a file. */
export function examplesOf(file: ts.SourceFile, name: string): Snippet[] {
  const found: Snippet[] = [];
  const visit = (node: ts.Node): void => {
    for (const doc of (node as { jsDoc?: ts.JSDoc[] }).jsDoc ?? []) {
      for (const tag of doc.tags ?? []) {
        if (tag.tagName.text !== 'example') continue;
        const { line } = file.getLineAndCharacterOfPosition(tag.getStart(file));
        found.push({ title: `${name}:${line + 1}`, code: ts.getTextOfJSDocComment(tag.comment) ?? '' });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** The TypeScript of a Markdown file. All blocks under one heading of the second level form one snippet. */
export function snippetsOf(markdown: string, name: string): Snippet[] {
  return markdown.split(/^(?=## )/m).flatMap((section) => {
    const blocks = [...section.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, block]) => block);
    const heading = /^## (.*)/.exec(section)?.[1] ?? 'its beginning';
    return blocks.length === 0 ? [] : [{ title: `${name}, ${heading}`, code: blocks.join('\n') }];
  });
}

/** The entries of the package, with their sources. */
const ENTRIES: Readonly<Record<string, { readonly source: string; readonly names: readonly string[] }>> = {
  'wasm-mlp': { source: '../src/index.js', names: Object.keys(index).sort() },
  'wasm-mlp/fused': { source: '../src/runtime/fused.js', names: Object.keys(fused).sort() },
  'wasm-mlp/module': { source: '../src/module.js', names: Object.keys(module).sort() },
  'wasm-mlp/node': { source: '../src/node.js', names: Object.keys(node).sort() },
  'wasm-mlp/brain': { source: '../src/brain.js', names: Object.keys(brain).sort() },
  'wasm-mlp/tables': { source: '../src/tables.js', names: Object.keys(tables).sort() },
  'wasm-mlp/tfjs': { source: '../src/tfjs.js', names: Object.keys(tfjs).sort() },
  'wasm-mlp/onnx': { source: '../src/onnx.js', names: Object.keys(onnx).sort() },
  'wasm-mlp/keras': { source: '../src/keras.js', names: Object.keys(keras).sort() },
  'wasm-mlp/numpy': { source: '../src/numpy.js', names: Object.keys(numpy).sort() },
};
const library = { ...index, ...fused, ...onnx, ...tfjs, ...brain, ...numpy, ...keras, ...node, ...module, ...tables };
const names = Object.keys(library);

const parse = (code: string): ts.SourceFile => ts.createSourceFile('snippet.ts', code, ts.ScriptTarget.ES2022, true);

const NONE = Symbol('no literal');

/** The value of a literal; NONE for other expressions. */
function literal(node: ts.Expression): unknown {
  if (ts.isParenthesizedExpression(node)) return literal(node.expression);
  if (ts.isNumericLiteral(node)) return Number(node.text);
  if (ts.isStringLiteral(node)) return node.text;
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.MinusToken) {
    const value = literal(node.operand);
    return typeof value === 'number' ? -value : NONE;
  }
  if (ts.isArrayLiteralExpression(node)) {
    const values = node.elements.map(literal);
    return values.includes(NONE) ? NONE : values;
  }
  if (ts.isObjectLiteralExpression(node)) {
    const entries = node.properties.map((property): [string, unknown] =>
      ts.isPropertyAssignment(property) ? [property.name.getText(), literal(property.initializer)] : ['', NONE],
    );
    return entries.some(([, value]) => value === NONE) ? NONE : Object.fromEntries(entries);
  }
  const text = node.getText();
  if (text === 'undefined') return undefined;
  return ['true', 'false', 'null'].includes(text) ? JSON.parse(text) : NONE;
}

/** The value that a comment states, or NONE. */
function statedValue(comment: string): unknown {
  const source = parse(`(${comment.trim()});`);
  const [first, ...others] = source.statements;
  const { parseDiagnostics } = source as unknown as { parseDiagnostics: readonly unknown[] };
  const expression = parseDiagnostics.length === 0 && others.length === 0 && ts.isExpressionStatement(first);
  return expression ? literal(first.expression) : NONE;
}

interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

function edited(code: string, edits: readonly Edit[]): string {
  const backwards = [...edits].sort((a, b) => b.from - a.from);
  return backwards.reduce((text, { from, to, text: by }) => text.slice(0, from) + by + text.slice(to), code);
}

/** Turns imports into statements that may occur in a function. Names of the library are in scope already. */
function withoutImports(source: ts.SourceFile, load: string): Edit[] {
  return source.statements.filter(ts.isImportDeclaration).map((statement) => {
    const { text: module } = statement.moduleSpecifier as ts.StringLiteral;
    const { elements } = statement.importClause?.namedBindings as ts.NamedImports;
    const list = elements.filter(({ isTypeOnly }) => !isTypeOnly).map(({ name }) => name.text);
    const entry = ENTRIES[module];
    if (entry !== undefined) expect(entry.names).toEqual(expect.arrayContaining(list));
    const text = entry !== undefined ? '' : `const { ${list.join(', ')} } = await ${load}('${module}');`;
    return { from: statement.getStart(), to: statement.end, text };
  });
}

/** Inserts calls of `compare` around expressions whose value a comment states. */
function withComparisons(source: ts.SourceFile): { readonly edits: Edit[]; readonly values: unknown[] } {
  const edits: Edit[] = [];
  const values: unknown[] = [];
  const visit = (node: ts.Node): void => {
    ts.forEachChild(node, visit);
    if (!ts.isExpressionStatement(node) && !ts.isVariableStatement(node)) return;
    const [comment] = ts.getTrailingCommentRanges(source.text, node.end) ?? [];
    if (comment?.kind !== ts.SyntaxKind.SingleLineCommentTrivia) return;
    const value = statedValue(source.text.slice(comment.pos + 2, comment.end));
    if (value === NONE) return;
    const index = values.push(value) - 1;
    if (ts.isExpressionStatement(node)) {
      const { expression } = node;
      const text = `compare(${index}, ${expression.getText()})`;
      edits.push({ from: expression.getStart(), to: expression.end, text });
    } else {
      const declared = node.declarationList.declarations[0].name.getText();
      edits.push({ from: node.end, to: node.end, text: ` compare(${index}, ${declared});` });
    }
  };
  visit(source);
  return { edits, values };
}

/** Compares typed arrays with lists; the numbers of a literal are rounded as a Float32Array holds them. */
function expectValue(actual: unknown, value: unknown): void {
  if (actual instanceof Float32Array) expect([...actual]).toEqual((value as number[]).map(Math.fround));
  else expect(ArrayBuffer.isView(actual) ? [...(actual as Int32Array)] : actual).toEqual(value);
}

/**
 * Runs a snippet as the body of an async function with the library's names in scope. Returns the number of compared
 * values.
 */
export async function run({ code }: Snippet): Promise<number> {
  const source = parse(code);
  const { edits, values } = withComparisons(source);
  const body = edited(code, [...withoutImports(source, 'load'), ...edits]);
  const whole = `(async ({ ${names.join(', ')} }, compare, load, console) => {{\n${body}\n}})`;
  const { outputText } = ts.transpileModule(whole, { compilerOptions: { target: ts.ScriptTarget.ES2022 } });
  const snippet = runInThisContext(outputText) as (...given: unknown[]) => Promise<void>;
  const compared = new Set<number>();
  const compare = (index: number, actual: unknown): void => {
    expectValue(actual, values[index]);
    compared.add(index);
  };
  await snippet(library, compare, (module: string) => import(module), { log: () => undefined });
  expect(compared.size, 'comparisons').toBe(values.length);
  return values.length;
}

/** Returns the compiler's errors in snippets, each a function of one module that imports the library. */
export function typeErrors(snippets: readonly Snippet[], root: string): string[] {
  const path = `${root}/test/all-snippets.ts`;
  const imports = Object.values(ENTRIES).map(
    (entry) => `import { ${entry.names.join(', ')} } from '${entry.source}';\n`,
  );
  const head = imports.join('');
  const parts = snippets.map(({ code }, index) => {
    const body = edited(code, withoutImports(parse(code), 'import'));
    return `export async function snippet${index}() {{\n${body}\n}}\n`;
  });
  const text = head + parts.join('');
  const ends = parts.map((_, index) => head.length + parts.slice(0, index + 1).join('').length);

  const { config } = ts.readConfigFile(`${root}/tsconfig.json`, (file) => ts.sys.readFile(file));
  const { options } = ts.convertCompilerOptionsFromJson((config as { compilerOptions: unknown }).compilerOptions, root);
  const disk = ts.createCompilerHost(options);
  const host: ts.CompilerHost = {
    ...disk,
    getCurrentDirectory: () => root,
    fileExists: (name) => name === path || disk.fileExists(name),
    getSourceFile: (name, language, ...rest) =>
      name === path ? ts.createSourceFile(name, text, language) : disk.getSourceFile(name, language, ...rest),
  };
  const program = ts.createProgram([path], options, host);
  const file = program.getSourceFile(path);
  return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map((error) => {
    const { title } = snippets[ends.findIndex((end) => error.start! < end)];
    return `${title}: ${ts.flattenDiagnosticMessageText(error.messageText, ' ')}`;
  });
}
