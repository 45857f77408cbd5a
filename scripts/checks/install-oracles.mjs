/**
 * Installs programs that tests compare with, into the git-ignored folder .oracles. Their install scripts are not run:
 * that of onnxruntime-node downloads what only graphics processors need.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';

const dependencies = { 'onnxruntime-node': '1.30.0', '@tensorflow/tfjs': '4.22.0' };

mkdirSync('.oracles', { recursive: true });
writeFileSync('.oracles/package.json', `${JSON.stringify({ private: true, dependencies }, null, 2)}\n`);
execFileSync(
  'npm',
  ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'],
  {
    cwd: '.oracles',
    stdio: ['ignore', 2, 2],
  },
);
