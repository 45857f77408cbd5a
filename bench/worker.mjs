/**
 * The measured process: one build of the library, one engine, one runtime. It answers requests on standard input, one
 * line of JSON each; the time of parsing and answering is not measured.
 *
 *     {"id": 1, "do": "open", "options": {…}}   → engine and runtime, and the names of all units
 *     {"id": 2, "do": "prepare", "unit": "…"}   → its amount of work, and the checksum of its result
 *     {"id": 3, "do": "run", "unit": "…"}       → seconds of a repetition, and its checksum
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { kernelUnits } from './kernels/units.mjs';
import { collect } from './measure/collect.mjs';
import { runtimeName } from './measure/runtime.mjs';
import { NETWORKS } from './workloads/networks.mjs';
import { predictionUnits, tailUnit } from './workloads/prediction.mjs';
import { scalingNetworks } from './workloads/scaling.mjs';
import { trainingUnit } from './workloads/training.mjs';

/**
 * @typedef {import('./measure/unit.mjs').Unit} Unit
 * @typedef {object} OpenOptions
 * @property {string} entry of the library
 * @property {Record<string, unknown>} engine options of `createEngine`
 * @property {readonly string[]} groups of units
 * @property {number} tailCalls
 * @property {Pick<import('./kernels/units.mjs').KernelOptions, 'table' | 'peakLoops'> & { kernels: string, roofs: string }} [kernels]
 * with the paths of its binaries
 */

/** @type {Map<string, Unit>} */
const units = new Map();

const answers = {
  /** @param {{ options: OpenOptions }} request */
  async open({ options: { entry, engine: engineOptions, groups, tailCalls, kernels } }) {
    const library = await import(pathToFileURL(entry).href);
    const engine = await library.createEngine(engineOptions);
    const offered = {
      train: () => NETWORKS.map((network) => trainingUnit(library, engine, network)),
      predict: () => NETWORKS.flatMap((network) => predictionUnits(library, engine, network)),
      // Not the big network: one row of it streams 33 MB of weights, which measures bandwidth, as the kernels do.
      tail: () => NETWORKS.slice(0, 3).map((network) => tailUnit(library, engine, network, tailCalls)),
      scaling: () => scalingNetworks().map((network) => trainingUnit(library, engine, network, 'scaling')),
      kernel: () =>
        kernels
          ? kernelUnits({
              ...kernels,
              kernels: readFileSync(kernels.kernels),
              roofs: readFileSync(kernels.roofs),
              tile: engine.info.tile,
            })
          : [],
    };
    for (const group of groups) {
      for (const unit of await offered[/** @type {keyof typeof offered} */ (group)]()) units.set(unit.name, unit);
    }
    return {
      engine: engine.info,
      runtime: runtimeName(),
      units: [...units.values()].map(({ name, of }) => ({ name, of })),
    };
  },
  /** @param {{ unit: string }} request */
  prepare: ({ unit }) => unitOf(unit).prepare(),
  /** @param {{ unit: string }} request */
  run({ unit }) {
    // Collect the garbage of the previous unit first, so that no unit pays for another.
    collect();
    return unitOf(unit).run();
  },
};

/** @param {string} name */
function unitOf(name) {
  const unit = units.get(name);
  if (unit === undefined) throw new Error(`no unit ${name}`);
  return unit;
}

for await (const line of createInterface({ input: process.stdin })) {
  const { id, do: what, ...request } = JSON.parse(line);
  let answer;
  try {
    answer = { id, result: await answers[/** @type {keyof typeof answers} */ (what)](request) };
  } catch (error) {
    answer = { id, error: error instanceof Error ? error.message : String(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
