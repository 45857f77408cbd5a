/**
 * Orders the bundled declarations of an entry for readers: "Go to definition" opens that file. The bundler writes what
 * is imported first, so internal classes would come before `Model`. Declarations do not depend on their order.
 */

import ts from 'typescript';

const INTERNALS = '// Declarations that those above refer to. They are not part of the API.\n';

/**
 * Names that a file exports by `export { … } from` and `export { … }`, in their order.
 *
 * @param {ts.SourceFile} file
 */
function exportsOf(file) {
  return file.statements.flatMap((statement) => {
    if (!ts.isExportDeclaration(statement) || !statement.exportClause) return [];
    if (!ts.isNamedExports(statement.exportClause)) return [];
    return statement.exportClause.elements.map(({ name, propertyName }) => ({
      name: name.text,
      local: (propertyName ?? name).text,
    }));
  });
}

/**
 * Names that a statement declares; none for statements of other kinds.
 *
 * @param {ts.Statement} statement
 */
function declaredBy(statement) {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  }
  const declares =
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement);
  return declares && statement.name ? [statement.name.text] : [];
}

/**
 * Returns the declarations `bundled` with the exported ones first, in the order in which the source of the entry lists
 * them, then the others, then everything else. Throws where an exported name is not declared.
 *
 * @param {string} bundled
 * @param {string} entry
 */
export function orderDeclarations(bundled, entry) {
  const file = ts.createSourceFile('bundled.d.ts', bundled, ts.ScriptTarget.ES2022, true);
  const listed = exportsOf(ts.createSourceFile('entry.ts', entry, ts.ScriptTarget.ES2022)).map(({ name }) => name);
  const names = new Map(exportsOf(file).map(({ name, local }) => [name, local]));
  const missing = listed.filter((name) => !names.has(name));
  if (missing.length > 0 || names.size !== listed.length) {
    throw new Error(`order-declarations: ${listed.length} exports expected, got ${names.size}; without ${missing}.`);
  }

  /** @type {Map<string, string>} */
  const exported = new Map(listed.map((name) => [names.get(name) ?? name, '']));
  let internal = '';
  let rest = '';
  for (const statement of file.statements) {
    const text = `${statement.getFullText().trim()}\n`;
    const declared = declaredBy(statement);
    const local = declared.find((name) => exported.has(name));
    if (local !== undefined) exported.set(local, `${exported.get(local)}${text}`);
    else if (declared.length > 0) internal += text;
    else rest += text;
  }
  const undeclared = [...exported].filter(([, text]) => text === '').map(([local]) => local);
  if (undeclared.length > 0) throw new Error(`order-declarations: no declaration of ${undeclared.join(', ')}.`);
  return [[...exported.values()].join('\n'), internal && INTERNALS, internal, rest].filter(Boolean).join('\n');
}
