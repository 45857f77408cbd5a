import { readFileSync } from 'node:fs';
import ts from 'typescript';

/**
 * Returns the ABI table of src/runtime/abi.ts: the name and the parameters of each kernel. The package does not export
 * it, so the file is read, stripped of its types and imported; it imports nothing else.
 *
 * @returns {Promise<Record<string, readonly string[]>>}
 */
export async function kernelTable() {
  const source = readFileSync(new URL('../../src/runtime/abi.ts', import.meta.url), 'utf8');
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022 },
  });
  const { ABI } = await import(`data:text/javascript,${encodeURIComponent(outputText)}`);
  return ABI;
}
