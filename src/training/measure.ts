import type { Machine } from '../engine/machine.js';
import { runProgram, type Program } from '../graph/program.js';
import type { Compiled } from './compiled.js';
import type { Dataset } from './dataset.js';
import { bindFeeder, type Feeder } from './runner.js';

/** Numbers by name: loss and metrics. */
export type Logs = Record<string, number>;

/** Reads and resets the running sums that a program keeps. */
export class Tally {
  constructor(
    private readonly machine: Machine,
    private readonly program: Program,
    private readonly names: readonly string[],
  ) {}

  reset(): void {
    const first = this.program.totals / 8;
    for (let i = 0; i < this.names.length; i++) this.machine.memory.f64[first + i] = 0;
  }

  /** The sums as means over `samples`. */
  means(samples: number): Logs {
    const first = this.program.totals / 8;
    const logs: Logs = {};
    for (let i = 0; i < this.names.length; i++) logs[this.names[i]] = this.machine.memory.f64[first + i] / samples;
    return logs;
  }
}

/** A program with what feeds it and what it counts. */
export interface Station {
  readonly program: Program;
  readonly feeder: Feeder;
  readonly tally: Tally;
  free(): void;
}

export function bindStation(machine: Machine, program: Program, compiled: Compiled): Station {
  let feeder: Feeder;
  try {
    feeder = bindFeeder(machine, program, compiled.objective.loss);
  } catch (error) {
    program.free();
    throw error;
  }
  return {
    program,
    feeder,
    tally: new Tally(machine, program, ['loss', ...compiled.metricNames]),
    free() {
      feeder.free();
      program.free();
    },
  };
}

/** Loss and metrics over a whole dataset, in batches of the station's capacity. Every batch size gives the same predictions. */
export function evaluate(station: Station, dataset: Dataset, batchSize: number): Logs {
  const { program, feeder, tally } = station;
  const { rows } = dataset.x;
  tally.reset();
  for (let first = 0; first < rows; first += batchSize) {
    const count = Math.min(batchSize, rows - first);
    feeder.take(dataset, first, count);
    runProgram(program, count);
  }
  return tally.means(rows);
}
