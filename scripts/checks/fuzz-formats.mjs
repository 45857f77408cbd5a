/**
 * Reads many forged files of other formats: as the tests test/formats/*-mutations.test.ts do, only more of them, a
 * million of each by default.
 *
 *     node scripts/checks/fuzz-formats.mjs [onnx] [tfjs] … [--count 1000000] [--seed 1]
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

const FILE = /^(\w+)-mutations\.test\.ts$/;
const formats = readdirSync('test/formats').flatMap((name) => FILE.exec(name)?.[1] ?? []);
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { count: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '1' } },
});
const unknown = positionals.filter((name) => !formats.includes(name));
if (unknown.length > 0 || !(Number(values.count) > 0)) {
  console.error(`fuzz-formats: expected formats of ${formats.join(', ')}, and a count above 0.`);
  process.exit(2);
}

let failed = 0;
for (const format of positionals.length > 0 ? positionals : formats) {
  const name = format.toUpperCase();
  console.log(`${format}: ${values.count} files`);
  const { status } = spawnSync(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', `test/formats/${format}-mutations.test.ts`, '--testTimeout', '0'],
    { stdio: 'inherit', env: { ...process.env, [`${name}_MUTATIONS`]: values.count, [`${name}_SEED`]: values.seed } },
  );
  if (status !== 0) failed++;
}
process.exitCode = failed === 0 ? 0 : 1;
