/**
 * Recomputes the checksums of every measurement, in both numerics, without timing anything. Run it for a version that
 * intends to give other bits, and after adding a measurement. The file that it writes has to be the same on every
 * machine.
 *
 *     npm run bench:checksums
 *     npm run bench:checksums -- --only kernel
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { kernelTable } from './kernels/abi.mjs';
import { kernelSetting } from './kernels/setting.mjs';
import { readExpected, writeExpected } from './measure/expected.mjs';
import { measure } from './measure/session.mjs';
import { readSides } from './measure/sides.mjs';
import { chosen, endWithHelp, HELP_OPTION } from './options.mjs';

/** Node 20 has relaxed SIMD, but only behind a flag. */
const flags = process.versions.node.startsWith('20.') ? ' --experimental-wasm-relaxed-simd' : '';

const HELP = `npm run bench:checksums -- [options]

Computes the checksums of every measurement again, without timing anything, and writes bench/checksums.json.

  --only PART  measurements with that in their names: the other checksums stay; may be given several times
  --help       print this
`;

const { values } = parseArgs({
  options: { only: { type: 'string', multiple: true, default: [] }, ...HELP_OPTION },
});
endWithHelp(values.help, HELP);

const scratch = mkdtempSync(join(tmpdir(), 'wasm-mlp-checksums-'));
try {
  // With `--only`, other checksums stay. Without it, those of removed measurements are dropped.
  const expected = values.only.length === 0 ? {} : readExpected();
  const table = await kernelTable();
  for (const numerics of ['strict', 'fused']) {
    const sides = readSides({ engine: `numerics=${numerics}`, runtime: `${process.execPath}${flags}` });
    await measure({
      sides,
      groups: ['train', 'predict', 'tail', 'scaling', 'kernel'],
      wants: chosen(values.only),
      rounds: 0,
      processes: 1,
      tailCalls: 1000,
      kernels: await kernelSetting(table, sides, scratch),
      expected,
      update: true,
      log: (line) => process.stderr.write(`${numerics}: ${line}\n`),
    });
  }
  writeExpected(expected);
} catch (error) {
  process.stderr.write(`bench:checksums: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 2;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
