/**
 * Levenberg–Marquardt: solves (H + μI)·Δw = −g for the Gauss–Newton matrix H of gauss-newton.ts, by a Cholesky factor
 * in float64 (assembly/optimizer/gauss-newton.ts), and raises μ until a step lowers the loss.
 */
import type { LevenbergMarquardtOptions } from '../../optimizers/full-batch.js';
import { RegionGroup } from '../../runtime/arena.js';
import type { Algorithm, IterationRequest, IterationResult, LoadedRows, Site, StopReason } from './algorithm.js';
import { Columns, triangleBytes } from './columns.js';
import { GaussNewton } from './gauss-newton.js';
import { largestOf } from './parameter-space.js';

/** Least μ; divided by 10 again and again it would become 0, which no factor raises. */
const LEAST_DAMPING = Math.fround(1e-20);

/** Matrices and a vector in linear memory, by address. */
interface Buffers {
  readonly h: number;
  readonly factor: number;
  /** −g, then Δw. */
  readonly step: number;
  /** The trained weights where an iteration starts. */
  readonly point: number;
}

/** What the iterations of one training need. */
interface Workspace {
  readonly curvature: GaussNewton;
  readonly buffers: Buffers;
  free(): void;
}

/** Binds the algorithm. The optimizer's state is μ, in the place of every weight. */
export function bindLevenbergMarquardt(config: Required<LevenbergMarquardtOptions>, site: Site): Algorithm {
  const { model, vectors, trial, layout } = site;
  const { runtime } = model;
  const columns = new Columns(runtime, layout);
  let workspace: Workspace | undefined;
  return {
    forget() {
      workspace?.free();
      workspace = undefined;
    },
    iterate(request) {
      const { value, loaded } = request;
      const size = largestOf(runtime, vectors.gradients, layout.floats);
      const stop = !Number.isFinite(value) || !Number.isFinite(size) ? 'notFinite' : stopAt(config, value, size);
      if (stop !== undefined) return { value, moved: false, stop };
      // Not when the model is compiled: a file of some kilobytes may ask for matrices of 200 MB.
      workspace ??= makeWorkspace(site, columns, loaded);
      const { curvature, buffers } = workspace;
      runtime.kernels.f32_copy(layout.floats, trial.address, buffers.point);
      curvature.write(loaded, buffers.h);
      return descend(request, config, site, columns, buffers);
    },
  };
}

function makeWorkspace(site: Site, columns: Columns, { rows, context }: LoadedRows): Workspace {
  const regions = new RegionGroup(site.model.runtime.arena);
  try {
    const bytes = triangleBytes(columns.size);
    const buffers = {
      h: regions.allocate(bytes),
      factor: regions.allocate(bytes),
      step: regions.allocate(8 * columns.size),
      point: regions.allocate(4 * site.layout.floats),
    };
    const curvature = new GaussNewton(site, columns, rows, context.program.weightVectors);
    return {
      curvature,
      buffers,
      free() {
        curvature.free();
        regions.free();
      },
    };
  } catch (error) {
    regions.free();
    throw error;
  }
}

function stopAt(
  { gradientTolerance, goal }: Required<LevenbergMarquardtOptions>,
  value: number,
  largest: number,
): StopReason | undefined {
  if (largest <= gradientTolerance) return 'gradientTolerance';
  return value <= goal ? 'goal' : undefined;
}

/** Raises μ until a step lowers the loss. */
function descend(
  { value, evaluate }: IterationRequest,
  config: Required<LevenbergMarquardtOptions>,
  { model, vectors, trial, layout }: Site,
  columns: Columns,
  { h, factor, step, point }: Buffers,
): IterationResult {
  const { runtime } = model;
  const { kernels, memory } = runtime;
  const { size } = columns;
  const [state] = vectors.optimizerState;
  const keep = (mu: number): void => kernels.f32_fill(vectors.size, state, mu);
  const saved = memory.f32[state / 4 + columns.floats[0]];
  const downhill = Float64Array.from(columns.floats, (at) => (at < 0 ? 0 : -memory.f32[vectors.gradients / 4 + at]));
  // In float32, as μ is saved.
  let mu = Math.max(Math.fround(saved > 0 ? saved : config.damping), LEAST_DAMPING);
  const most = Math.max(Math.fround(config.maxDamping), LEAST_DAMPING);
  for (; mu <= most; mu = Math.fround(mu * config.dampingIncrease)) {
    memory.f64.set(downhill, step / 8);
    kernels.f64_cholesky(size, h, factor, mu);
    kernels.f64_cholesky_solve(size, factor, step);
    // A matrix that is not positive definite in float64 has a solution that is not finite.
    if (!columns.add(point, step, trial.address)) continue;
    const found = evaluate();
    if (!(found < value)) continue;
    keep(Math.max(Math.fround(mu * config.dampingDecrease), LEAST_DAMPING));
    const stop = stopAt(config, found, largestOf(runtime, vectors.gradients, layout.floats));
    return { value: found, moved: true, stop };
  }
  // Another fit starts anew.
  keep(0);
  return { value, moved: false, stop: 'maxDamping' };
}
