/**
 * The examples. Manifests of Kubernetes: values by its schemas, and names of fields by its types, since schemas let
 * unknown fields pass, which Kubernetes would ignore. The scripts for Slurm: with a stand-in for `sbatch` that loses a
 * task; `scripts/check-slurm.sh` has a real one.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Deployment } from 'kubernetes-models/apps/v1';
import { Job } from 'kubernetes-models/batch/v1';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { run, temporaryFolder } from './command.js';
import { writeFlowers } from './flowers.js';

const folder = temporaryFolder();
const packaged = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));
const manifest = (name: string): string => readFileSync(packaged(`examples/kubernetes/${name}`), 'utf8');

const KINDS = {
  Job: { validate: (value: never) => new Job(value).validate(), type: 'batch/v1' },
  Deployment: { validate: (value: never) => new Deployment(value).validate(), type: 'apps/v1' },
};
interface Manifest {
  readonly kind: keyof typeof KINDS;
  readonly spec: {
    template: { spec: { containers: { command: string[]; args: string[] }[] } };
    completionMode?: string;
  };
}

/** What is wrong with a manifest. */
function faults(text: string): string[] {
  const value = parse(text) as Manifest;
  const { validate, type } = KINDS[value.kind];
  try {
    validate(value as never);
  } catch (error) {
    return [(error as Error).message];
  }
  const models = join(createRequire(import.meta.url).resolve('kubernetes-models/package.json'), '..');
  const file = join(folder, 'manifest.ts');
  writeFileSync(
    file,
    `import type { I${value.kind} } from '${models}/${type}/${value.kind}';\nexport const it: I${value.kind} = ${JSON.stringify(value)};\n`,
  );
  const program = ts.createProgram([file], { noEmit: true, strict: true, skipLibCheck: true, types: [] });
  return ts
    .getPreEmitDiagnostics(program, program.getSourceFile(file))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

test.each(['sweep-job.yaml', 'workers.yaml'])('%s is right, and faults in it are found', (name) => {
  const text = manifest(name);
  expect(faults(text)).toEqual([]);
  expect(faults(text.replace(/(completions|replicas): \d+/, '$1: many'))[0]).toMatch(/must be integer/);
  expect(faults(text.replace('restartPolicy', 'restartPolice').replace('containers:', 'container:')).join()).not.toBe(
    '',
  );
  expect(faults(text.replace('readOnly: true }\n      vol', 'readonly: true }\n      vol'))[0]).toMatch(/readonly/);
});

test('the job is indexed, and its command takes these arguments', async () => {
  const { spec } = parse(manifest('sweep-job.yaml')) as Manifest;
  expect(spec.completionMode).toBe('Indexed');
  const [{ command, args }] = spec.template.spec.containers;
  expect(command).toEqual(['wasm-mlp', 'sweep']);
  writeFlowers(join(folder, 'houses.csv'));
  const here = args
    .filter((word) => !word.startsWith('--redis'))
    .map((word) => word.replace('/data/', '').replace('price', 'length'));
  const further = ['--epochs', '2', '--folds', '2', '-q'];
  const env = { JOB_COMPLETION_INDEX: '3' };
  const { status, output } = await run(['sweep', ...here, ...further], { cwd: folder, env });
  expect({ status, record: JSON.parse(output) as unknown }).toMatchObject({ status: 0, record: { trial: 3 } });
});

test.skipIf(process.platform === 'win32')(
  'the scripts for Slurm submit an array for each rung, and again what was lost',
  async () => {
    writeFlowers(join(folder, 'flowers.csv'));
    mkdirSync(join(folder, 'bin'));
    symlinkSync(packaged('bin/wasm-mlp.mjs'), join(folder, 'bin/wasm-mlp'));
    // Runs an array, but for the second task of the first one.
    const sbatch = `#!/usr/bin/env bash
    echo "$@" >>submitted
    while [[ $1 == --* ]]; do
      if [[ $1 == --array=* ]]; then last=\${1#--array=0-}; fi
      shift
    done
    for i in $(seq 0 "\${last%%%*}"); do
      if [ "$i" = 1 ] && [ ! -e lost ]; then touch lost; continue; fi
      SLURM_ARRAY_TASK_ID=$i "$@" >/dev/null || exit 1
    done`;
    writeFileSync(join(folder, 'bin/sbatch'), sbatch, { mode: 0o755 });
    const options = ['flowers.csv', '-t', 'kind', '--epochs', '12', '--folds', '2', '-q', '--halving', '2'];
    const env = { ...process.env, PATH: `${folder}/bin:${process.env.PATH}`, AT_ONCE: '2' };
    const submit = packaged('examples/slurm/submit.sh');
    const { stdout } = await promisify(execFile)(submit, ['4', 'results', ...options], { cwd: folder, env });
    expect(stdout).toBe((await run(['sweep', ...options, '--trials', '4'], { cwd: folder })).output);
    const arrays = readFileSync(join(folder, 'submitted'), 'utf8').trim().split('\n');
    expect(arrays.map((line) => /--array=(\S+)/.exec(line)![1])).toEqual(['0-3%2', '0-0%2', '0-1%2']);
    expect(arrays[1]).toMatch(/ --rung 0 --of 1$/);
  },
);
