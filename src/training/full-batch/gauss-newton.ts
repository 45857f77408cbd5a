/**
 * The Gauss–Newton matrix H = JᵀJ of a least-squares loss. J has a row for each output of each row of data, and a
 * column for each trained weight; it is built for some rows at a time. The derivatives ∂y/∂z of an output by the
 * results of the dense layers come from the usual backward steps, started with 1 at that output instead of the
 * derivative of the loss.
 */
import { RegionGroup } from '../../runtime/arena.js';
import type { MatrixView } from '../../runtime/matrix-view.js';
import { padded } from '../../runtime/panels.js';
import { allocateVector } from '../../graph/parameters.js';
import { valuesBefore, type NetworkPlan } from '../../graph/plan.js';
import { runProgram } from '../../graph/program.js';
import { bindContext, type ExecutionContext } from '../execution-context.js';
import type { OutputObjective } from '../objective.js';
import { bindTraining, type TrainingProgram } from '../program.js';
import type { LoadedRows, Site } from './algorithm.js';
import { tilesBefore, triangleBytes, type Columns, type ParameterColumns } from './columns.js';

/** Rows of data whose part of J is in memory at a time. */
const ROWS_AT_A_TIME = 64;

/** The part of the Jacobian that one dense layer has: its inputs, ∂y/∂z, and the columns of its weights and biases. */
interface DenseBlock {
  readonly x: MatrixView;
  readonly delta: MatrixView;
  readonly weight: ParameterColumns | undefined;
  readonly bias: ParameterColumns | undefined;
}

/** Computes H for the rows of one training. */
export class GaussNewton {
  private readonly regions: RegionGroup;
  private readonly context: ExecutionContext;
  private readonly blocks: readonly DenseBlock[];
  private readonly jacobian: number;
  /** Address of a 1, the input of biases. */
  private readonly one: number;
  /** The output whose derivatives the program computes next. */
  private readonly seed = { output: 0, column: 0 };

  constructor(
    private readonly site: Site,
    private readonly columns: Columns,
    rows: number,
    weightVectors: number,
  ) {
    const { model, trial, layout } = site;
    const { runtime } = model;
    this.regions = new RegionGroup(runtime.arena);
    try {
      // Backward writes the gradients of its seed, which nothing reads.
      const gradients = allocateVector(runtime, this.regions, layout.floats);
      this.one = this.regions.allocate(4);
      this.jacobian = this.regions.allocate(8 * Math.min(padded(rows), ROWS_AT_A_TIME) * columns.size);
      const objective = site.objective.map((output, index) => this.seeded(output, index));
      const program = bindTraining(
        runtime,
        trial.plan,
        { weights: trial.address, gradients },
        // Nothing here draws random numbers.
        { capacity: rows, layout, clock: { seed: 0, step: 0, row: 0 }, objective, weightVectors, keepAll: true },
      );
      this.context = bindContext(runtime, program, objective, [], undefined);
    } catch (error) {
      this.regions.free();
      throw error;
    }
    const { plan } = trial;
    const counts = valuesBefore(
      plan,
      plan.outputs.filter((_, output) => site.objective[output].weight !== 0),
    );
    this.blocks = denseBlocks(this.context.program, columns, plan, counts);
  }

  /** Writes H, tiles on and above its diagonal, at the trial weights. */
  write({ rows, reload }: LoadedRows, h: number): void {
    const { model, objective } = this.site;
    const { kernels, memory } = model.runtime;
    kernels.f32_fill(triangleBytes(this.columns.size) / 4, h, 0);
    memory.f32[this.one / 4] = 1;
    const { context, seed } = this;
    model.running = true;
    try {
      objective.forEach(({ weight }, output) => {
        if (weight === 0) return;
        const { width } = context.program.outputs[output];
        for (let column = 0; column < width; column++) {
          Object.assign(seed, { output, column });
          reload(context);
          runProgram(context.program, rows);
          this.addRows(rows, h);
        }
      });
    } finally {
      model.running = false;
    }
    this.addPenalties(h);
  }

  free(): void {
    this.context.free();
    this.regions.free();
  }

  /** Adds JᵀJ for the output whose derivatives were just computed. */
  private addRows(rows: number, h: number): void {
    const { kernels } = this.site.model.runtime;
    const { jacobian, one } = this;
    const { size } = this.columns;
    for (let first = 0; first < rows; first += ROWS_AT_A_TIME) {
      const count = Math.min(ROWS_AT_A_TIME, rows - first);
      const tall = padded(count);
      kernels.f32_fill(2 * tall * size, jacobian, 0);
      for (const { x, delta, weight, bias } of this.blocks) {
        const from = x.address + 4 * first * x.ld;
        const by = delta.address + 4 * first * delta.ld;
        const at = (columns: ParameterColumns): number => jacobian + 8 * tall * columns.first;
        const { width: units, ld } = delta;
        if (weight !== undefined) kernels.f64_dense_jacobian(count, units, x.width, from, x.ld, by, ld, at(weight));
        if (bias !== undefined) kernels.f64_dense_jacobian(count, units, 1, one, 0, by, ld, at(bias));
      }
      kernels.f64_add_gram(tall, size, jacobian, h);
    }
  }

  /** Adds the second derivatives of the penalties to the diagonal. */
  private addPenalties(h: number): void {
    const { f64 } = this.site.model.runtime.memory;
    const { ofParameter, size } = this.columns;
    for (const { first, count, l2 } of ofParameter.filter((one) => one !== undefined)) {
      if (l2 === 0) continue;
      for (let column = first; column < first + count; column++) {
        const tile = tilesBefore(size, Math.floor(column / 4));
        f64[h / 8 + 16 * tile + 5 * (column % 4)] += l2;
      }
    }
  }

  /**
   * Returns an output whose "loss" writes the seed of backward: in the chosen column the root of the factor of each
   * squared error, elsewhere 0.
   */
  private seeded({ loss, weight }: OutputObjective, index: number): OutputObjective {
    const { seed } = this;
    return {
      // Outputs that do not count must not here either: rows are cleared by the weights of those that do.
      weight: weight === 0 ? 0 : 1,
      metrics: [],
      loss: {
        ...loss,
        pairedWith: undefined,
        bindPaired: undefined,
        smoothing: undefined,
        bind: ({ kernels, memory }, { y, delta, rowLosses }) => {
          const share = loss.squares === 'mean' ? 2 / y.width : 1;
          return (rows) => {
            kernels.f32_fill(rows * delta.ld, delta.address, 0);
            kernels.f32_fill(rows, rowLosses, 0);
            if (seed.output !== index) return;
            const root = Math.sqrt((weight * share) / rows);
            const { rowWeights } = this.context.program;
            const weights = rowWeights.length === 1 ? rowWeights[0] : rowWeights.at(index);
            const { f32 } = memory;
            for (let row = 0, at = delta.address / 4 + seed.column; row < rows; row++, at += delta.ld) {
              const rowWeight = weights === undefined ? 1 : f32[weights / 4 + row];
              // The program multiplies by the weight of the row, of which the root is due.
              f32[at] = rowWeight === 0 ? 0 : root / Math.sqrt(rowWeight);
            }
          };
        },
      },
    };
  }
}

/**
 * Returns the dense layers of a program through which derivatives come, with the columns of their parameters. Those on
 * which no loss depends that counts are left out: their derivatives are 0, whatever they hold, but 0·∞ is not.
 */
function denseBlocks(
  { nodes }: TrainingProgram,
  { ofParameter }: Columns,
  plan: NetworkPlan,
  counts: readonly boolean[],
): DenseBlock[] {
  const columnsOf = (parameter: number | undefined) => (parameter === undefined ? undefined : ofParameter[parameter]);
  // No output is paired with its loss, so that all nodes of the plan run.
  return nodes.flatMap(({ affine, inputs: [x], outputDelta: delta, parameters: [weight, bias] }, node) =>
    affine && delta !== undefined && counts[plan.nodes[node].output]
      ? [{ x, delta, weight: columnsOf(weight), bias: columnsOf(bias) }]
      : [],
  );
}
