/**
 * Areas from rows in the order of their scores: average precision, the area under the precision-recall curve, and the
 * area under the ROC curve of rows with weights. Scores, targets and weights of all rows are kept, nine to eighteen
 * bytes for each row and output, and sorted when the area is computed. auc.ts has the ROC curve without weights.
 */
import { log } from '../common/elementary.js';
import type { WasmRuntime } from '../runtime/wasm-runtime.js';
import type { MetricDefinition, MetricMemory } from './definition.js';

/** How a target counts: `low` up to 0, `middle` up to a half, `high` above. */
const LEVEL = { low: 0, middle: 1, high: 2 } as const;

const levelOf = (target: number): number => (target > 0.5 ? LEVEL.high : target > 0 ? LEVEL.middle : LEVEL.low);

/** A group of rows of equal scores: weights of its positives and of its negatives. */
interface Group {
  readonly positives: number;
  readonly negatives: number;
}

/** An area from groups in descending order of their scores, and the weights of all positives and of all negatives. */
type Area = (groups: Iterable<Group>, positives: number, negatives: number) => number;

/** Σ (R_n − R_{n−1})·P_n over thresholds, without interpolation: scikit-learn's average_precision_score. */
export const averagePrecision: Area = (groups, all) => {
  let [hits, answers, sum] = [0, 0, 0];
  for (const { positives, negatives } of groups) {
    hits += positives;
    answers += positives + negatives;
    if (positives > 0) sum += positives * (hits / answers);
  }
  return sum / all;
};

/**
 * The area under the precision-recall curve, whose points are joined as Davis and Goadrich (2006) show to be right: in
 * a group false positives come at a constant rate per true one. As Keras' AUC(curve='PR') with a threshold at every
 * score.
 */
export const precisionRecallArea: Area = (groups, all) => {
  let [hits, answers, sum] = [0, 0, 0];
  for (const { positives, negatives } of groups) {
    const next = answers + positives + negatives;
    if (positives > 0) {
      const slope = positives / (next - answers);
      const intercept = hits - slope * answers;
      // Without answers before it the group has a constant precision.
      sum += slope * (positives + (answers > 0 ? intercept * log(next / answers) : 0));
    }
    hits += positives;
    answers = next;
  }
  return sum / all;
};

/** The share of pairs of a positive and a negative, by weight, in which the positive has the larger score. */
export const weightedRocArea: Area = (groups, all, allNegatives) => {
  let [above, sum] = [0, 0];
  for (const { positives, negatives } of groups) {
    sum += negatives * (above + positives / 2);
    above += positives;
  }
  return sum / all / allNegatives;
};

/** Returns a list with room for one more number. */
function withRoom<T extends Float32Array | Uint8Array>(list: T, length: number): T {
  if (length < list.length) return list;
  const larger = new (list.constructor as new (length: number) => T)(Math.max(64, 2 * length));
  larger.set(list);
  return larger;
}

/** Rows of one output. */
class Column {
  private length = 0;
  private hasNaN = false;
  private scores = new Float32Array(0);
  private weights = new Float32Array(0);
  private levels = new Uint8Array(0);

  clear(): void {
    this.length = 0;
    this.hasNaN = false;
  }

  add(score: number, target: number, weight: number): void {
    if (score !== score) this.hasNaN = true;
    const at = this.length++;
    this.scores = withRoom(this.scores, at);
    this.weights = withRoom(this.weights, at);
    this.levels = withRoom(this.levels, at);
    this.scores[at] = score;
    this.weights[at] = weight;
    this.levels[at] = levelOf(target);
  }

  /**
   * Returns the area with targets above `cut`, 0 or a half, as positives; undefined without positives, and without
   * negatives if `needsBoth`.
   */
  area(of: Area, cut: number, needsBoth: boolean): number | undefined {
    const { length, scores, weights, levels } = this;
    const least = cut === 0 ? LEVEL.middle : LEVEL.high;
    let [positives, negatives] = [0, 0];
    for (let i = 0; i < length; i++) {
      if (levels[i] >= least) positives += weights[i];
      else negatives += weights[i];
    }
    if (positives === 0 || (needsBoth && negatives === 0)) return undefined;
    if (this.hasNaN) return NaN;
    // Rows of equal scores stay in their order, so that sums have one order.
    const order = Uint32Array.from({ length }, (_, i) => i).sort((a, b) =>
      scores[a] === scores[b] ? a - b : scores[b] > scores[a] ? 1 : -1,
    );
    const groups: Group[] = [];
    for (let i = 0; i < length;) {
      const score = scores[order[i]];
      const group = { positives: 0, negatives: 0 };
      for (; i < length && scores[order[i]] === score; i++) {
        group[levels[order[i]] >= least ? 'positives' : 'negatives'] += weights[order[i]];
      }
      groups.push(group);
    }
    return of(groups, positives, negatives);
  }
}

/** What distinguishes one metric from another. */
export interface RankingOptions {
  readonly area: Area;
  /** Whether rows have their weights; else each counts once. */
  readonly weighs: boolean;
  /** Whether an output counts only if it has negatives too. */
  readonly needsBoth: boolean;
  /** The metric where no output counts. */
  readonly without: number;
}

/** Makes the metric. `cut` is the value above which a target is positive; if undefined, it follows from the targets. */
export function ranking(
  name: string,
  outputs: number,
  cut: number | undefined,
  options: RankingOptions,
): MetricDefinition {
  const { area, weighs, needsBoth, without } = options;
  const columns = Array.from({ length: outputs }, () => new Column());
  let signed = false;
  return {
    name,
    sums: 0,
    copy: () => ranking(name, outputs, cut, options),
    clear() {
      for (const column of columns) column.clear();
      signed = false;
    },
    bind:
      ({ memory }: WasmRuntime, y, targets, _totals, { rowWeights }: MetricMemory) =>
      (rows) => {
        const { f32 } = memory;
        for (let row = 0; row < rows; row++) {
          const score = y.address / 4 + row * y.ld;
          const target = targets.address / 4 + row * targets.ld;
          const weight = !weighs || rowWeights === 0 ? 1 : f32[rowWeights / 4 + row];
          if (weight === 0) continue;
          for (let j = 0; j < outputs; j++) {
            if (f32[target + j] < 0) signed = true;
            columns[j].add(f32[score + j], f32[target + j], weight);
          }
        }
      },
    value() {
      const at = cut ?? (signed ? 0 : 0.5);
      const areas = columns.map((column) => column.area(area, at, needsBoth)).filter((one) => one !== undefined);
      return areas.length === 0 ? without : areas.reduce((sum, one) => sum + one, 0) / areas.length;
    },
  };
}
