/** The documents of the site: which file of the repository becomes which page, and their order. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** @typedef {{ page: string, file: string, title: string }} Document */

/** @type {readonly Document[]} */
const ORDERED = [
  ['docs', 'docs/guide.md', 'Guide'],
  ['docs-formats', 'docs/formats.md', 'Formats'],
  ['docs-onnx', 'docs/onnx.md', 'ONNX: from PyTorch, to ONNX Runtime'],
  ['docs-pytorch', 'docs/pytorch.md', 'From PyTorch'],
  ['docs-keras', 'docs/keras.md', 'From Keras'],
  ['docs-tfjs', 'docs/tfjs.md', 'From TensorFlow.js and ml5'],
  ['docs-scikit-learn', 'docs/scikit-learn.md', 'From scikit-learn'],
  ['docs-numpy', 'docs/numpy.md', 'NumPy'],
  ['docs-brain', 'docs/brain.md', 'From brain.js'],
  ['docs-tables', 'docs/tables.md', 'Tables'],
  ['docs-command-line', 'docs/command-line.md', 'The command line'],
  ['docs-serving', 'docs/serving.md', 'Serving over HTTP'],
  ['docs-beyond-one-machine', 'docs/beyond-one-machine.md', 'Beyond one machine'],
  ['docs-checkpoints', 'docs/checkpoints.md', 'Checkpoints'],
  ['docs-module', 'docs/module.md', 'A standalone module'],
  ['docs-compared', 'docs/compared.md', 'Compared with others'],
  ['docs-derivations', 'docs/derivations.md', 'Derivations'],
  ['docs-numerics', 'docs/numerics.md', 'Numerics'],
  ['docs-benchmarks', 'docs/benchmarks.md', 'Benchmarks'],
  ['docs-measurements', 'docs/measurements.md', 'Measurements'],
  ['docs-architecture', 'ARCHITECTURE.md', 'Architecture'],
  ['docs-changes', 'CHANGELOG.md', 'Changes'],
].map(([page, file, title]) => ({ page, file, title }));

/**
 * Documents that have no place in the order yet, by the names of their files: they come last.
 *
 * @type {readonly Document[]}
 */
const others = readdirSync(`${root}docs`)
  .filter((name) => name.endsWith('.md') && !ORDERED.some(({ file }) => file === `docs/${name}`))
  .map((name) => {
    const [, title = name] = /^# (.*)$/m.exec(readFileSync(`${root}docs/${name}`, 'utf8')) ?? [];
    return { page: `docs-${name.replace('.md', '')}`, file: `docs/${name}`, title };
  });

export const DOCUMENTS = [...ORDERED, ...others];
