/**
 * Derives faults from the measurements of a diagnosis, words them with advice, and prints a diagnosis as text.
 * diagnose.ts, findings.ts and outcome.ts measure; the thresholds that make a measurement a fault are here.
 */
import { propertiesOf } from '../../activations/derivatives.js';
import type { Diagnosis, Fault, LayerDiagnosis, NonFinite } from './diagnosis.js';
import type { Outcome } from './outcome.js';

/** A gradient, or a δ, counts as vanished or exploded if it differs from the last layer's by more than this factor. */
const GRADIENT_RANGE = 1000;

/**
 * Shares above which a measurement counts as a fault. A ReLU is 0 for half its inputs in a healthy network, so the
 * limit of hard saturation is high.
 */
const SOFT_SATURATED = 0.5;
const HARD_SATURATED = 0.9;
const DEAD_UNITS = 0.1;
const ZIGZAG = 0.5;

/** Updates of about 1/1000 of the weights are usual; between these limits networks still train well. */
const LARGE_UPDATE = 0.1;
const SMALL_UPDATE = 1e-7;

/**
 * A network knows only how often classes occur in either of these cases:
 * - After `SETTLED_UPDATES` updates its loss differs from the best constant's by at most the share `RATES_ALONE`.
 * - After `FEW_UPDATES` updates it gives every row one class, at least `FEW_WRONG` of them wrongly, and its loss is at
 *   least the share `NO_BETTER` of the best constant's.
 */
const RATES_ALONE = 0.01;
const SETTLED_UPDATES = 100;
const NO_BETTER = 0.95;
const FEW_UPDATES = 20;
const FEW_WRONG = 2;

const percent = (share: number): string => `${Math.round(100 * share)} %`;
const short = (value: number): string => value.toPrecision(2);

/** Measurements of the network as a whole. */
export interface Findings {
  readonly nonFinite: NonFinite | undefined;
  /** Whether a schedule keeps the learning rate small on purpose for now. */
  readonly warmingUp: boolean;
  /** Updates made since the model was compiled. */
  readonly updates: number;
  /** Whether the gradient of the loss is exactly 0 in all that is learned. */
  readonly zeroGradient: boolean;
  /** Layers whose first weights are 0, before the first update: nothing is backpropagated through them yet. */
  readonly startsAtZero: ReadonlySet<string>;
  /** Losses on probabilities whose outputs are none. */
  readonly notProbabilities: readonly NotProbabilities[];
  /** Layers that normalize by the statistics of a batch but have met only batches of one row. */
  readonly batchesOfOne: readonly string[];
  /** By output; empty where numbers are not finite. */
  readonly outcomes: readonly Outcome[];
}

/** A loss on probabilities whose outputs are none. */
export interface NotProbabilities {
  /** Name of the output's layer. */
  readonly layer: string;
  /** Kind of the loss, the activation that yields what it needs, and the largest output that it accepts. */
  readonly kind: string;
  readonly activation: string;
  readonly largest: number;
  /** Share of the outputs that cannot be probabilities. */
  readonly share: number;
}

/** Returns the faults, causes before their consequences. */
export function findFaults(layers: readonly LayerDiagnosis[], findings: Findings): Fault[] {
  const { nonFinite, warmingUp, outcomes } = findings;
  // With a NaN or an infinity, no other measurement means anything.
  if (nonFinite !== undefined) return [describeNonFinite(nonFinite)];
  // A layer whose units are all dead makes every gradient before it 0. Only the dead layer is reported.
  const cut = layers.some(({ deadUnits }) => deadUnits === 1);
  // Once everything is learned, gradients are small, and saturated units only express certainty.
  const learned = outcomes.every((one) => one.learned);
  return [
    ...probabilityFaults(findings),
    ...(learned ? [] : gradientFaults(layers, cut, findings)),
    ...(learned ? [] : layers.flatMap(activationFaults)),
    ...batchFaults(findings),
    ...(learned ? [] : zeroFaults(findings)),
    ...outcomes.flatMap((outcome) => outcomeFaults(outcome, findings)),
    ...updateFaults(layers, cut || warmingUp || learned),
  ];
}

function probabilityFaults({ notProbabilities }: Findings): Fault[] {
  return notProbabilities.map(({ layer, kind, activation, largest, share }) => ({
    kind: 'notProbabilities',
    layer,
    message:
      `The ${kind} of "${layer}" is taken of outputs that are no probabilities: ${percent(share)} of them are below 0` +
      `${largest === Infinity ? '' : ` or above ${largest}`}. End on a ${activation}.`,
  }));
}

function batchFaults({ batchesOfOne }: Findings): Fault[] {
  return batchesOfOne.map((layer) => ({
    kind: 'batchOfOne',
    layer,
    message:
      `"${layer}" has met only batches of one row, which have no variance: its running statistics keep their initial values. ` +
      `Train on batches of 16 rows or more, or use layerNormalization, which works on one row.`,
  }));
}

function zeroFaults({ zeroGradient }: Findings): Fault[] {
  if (!zeroGradient) return [];
  const message =
    `The gradient is exactly 0 in every layer, so no update changes anything, though there is a loss. Look at the end of the network: ` +
    `units that are dead or fully saturated, a softmax of one unit, or weights of 0 on all rows. Start anew from smaller weights, ` +
    `or end on an activation that suits the loss.`;
  return [{ kind: 'zeroGradient', message }];
}

function outcomeFaults(outcome: Outcome, { updates }: Findings): Fault[] {
  const { layer, loss, constantLoss, constant, still, classes, learned } = outcome;
  const faults: Fault[] = [];
  // Before the first update, weights of 0 are a valid start if they have a gradient.
  const stuck = constant && (updates > 0 || still);
  if (stuck) {
    faults.push({
      kind: 'constantOutput',
      layer,
      message:
        `The outputs of "${layer}" are the same in every row: they do not depend on the inputs, which are lost on the way, ` +
        `in dead or saturated units or in weights of 0. Bring the inputs to mean 0 and variance 1, ` +
        `draw the weights anew (kernelInitializer 'heNormal' or 'xavier'), and lower the learning rate.`,
    });
  }
  if (classes === undefined || learned || constantLoss === 0) return faults;
  const { only, right, wrong } = classes;
  const knowsRates = Math.abs(loss / constantLoss - 1) <= RATES_ALONE && updates >= SETTLED_UPDATES;
  const oneClass =
    only !== undefined && loss >= NO_BETTER * constantLoss && (stuck || updates >= FEW_UPDATES) && wrong >= FEW_WRONG;
  if (knowsRates || oneClass) {
    const given =
      only === undefined
        ? `The answers of "${layer}" are right in ${percent(right)} of the rows`
        : only === 'one side'
          ? `"${layer}" gives every row the same answers`
          : `"${layer}" gives every row class ${only}, which is right in ${percent(right)} of them`;
    faults.push({
      kind: 'largestClass',
      layer,
      message:
        `${given}, and its loss is no better than that of knowing only how often each class occurs: the network is stuck at the rate of ` +
        `the largest class. Scale the inputs (normalization), try another learning rate or more units, ` +
        `and give rare classes a weight (classWeight).`,
    });
  }
  return faults;
}

function describeNonFinite({ what, layer }: NonFinite): Fault {
  const where = layer === undefined ? `The ${what} is` : `The ${what} of "${layer}" are`;
  return {
    kind: 'nonFinite',
    ...(layer !== undefined && { layer }),
    message:
      `${where} not finite: numbers grew beyond float32. Lower the learning rate, limit the gradient (clipNorm: 1), ` +
      `or bring the inputs to mean 0 and variance 1.`,
  };
}

type Measure = (layer: LayerDiagnosis) => number | undefined;

/**
 * Returns each layer that has the measure, as a share of the largest among the last layers that it leads to: those
 * after which nothing learns.
 */
function sharesOfLast(
  layers: readonly LayerDiagnosis[],
  measure: Measure,
): { readonly layer: string; readonly share: number }[] {
  const byName = new Map(layers.map((one) => [one.layer, one]));
  const lasts = new Map<string, number>();
  // Backward, so that the layers that follow are known.
  for (const { layer, next = [] } of [...layers].reverse()) {
    const own = measure(byName.get(layer)!) ?? 0;
    lasts.set(layer, next.length === 0 ? own : Math.max(...next.map((name) => lasts.get(name) ?? 0)));
  }
  return layers.flatMap((one) => {
    const value = measure(one);
    const last = lasts.get(one.layer)!;
    return value === undefined || last === 0 ? [] : [{ layer: one.layer, share: value / last }];
  });
}

/** Returns the layers all of whose paths to the last layers lead through one of these. */
function layersBefore(layers: readonly LayerDiagnosis[], ends: ReadonlySet<string>): ReadonlySet<string> {
  const before = new Set<string>();
  for (const { layer, next = [] } of [...layers].reverse()) {
    if (next.length > 0 && next.every((name) => ends.has(name) || before.has(name))) before.add(layer);
  }
  return before;
}

function gradientFaults(layers: readonly LayerDiagnosis[], cut: boolean, { startsAtZero }: Findings): Fault[] {
  const gradients = sharesOfLast(layers, ({ gradientNorm }) => gradientNorm);
  // Gradients alone do not show everything: in a network of ReLUs or linear layers, activations grow forward as much as
  // δ grows backward, and their product is about the same in all layers.
  const deltas = sharesOfLast(
    layers.filter(({ gradientNorm }) => gradientNorm !== undefined),
    ({ deltaNorm }) => deltaNorm,
  );
  if (gradients.length === 0) return [];
  const faults: Fault[] = [];
  // Before weights that start at 0, a gradient of 0 is that of the first update alone.
  const waiting = layersBefore(layers, startsAtZero);
  const smallest = gradients
    .filter(({ layer, share }) => share !== 0 || !waiting.has(layer))
    .reduce<(typeof gradients)[number] | undefined>(
      (a, b) => (a === undefined || b.share < a.share ? b : a),
      undefined,
    );
  if (smallest !== undefined && smallest.share * GRADIENT_RANGE < 1 && !cut) {
    faults.push({
      kind: 'vanishingGradient',
      layer: smallest.layer,
      message:
        `The gradient vanishes: that of "${smallest.layer}" is ${short(smallest.share)} times the last layer's, so it hardly ` +
        `learns. Try 'relu' with kernelInitializer 'heNormal', batchNormalization, fewer layers, or add() around blocks.`,
    });
  }
  const largest = [...gradients, ...deltas].reduce((a, b) => (b.share > a.share ? b : a));
  if (largest.share > GRADIENT_RANGE) {
    faults.push({
      kind: 'explodingGradient',
      layer: largest.layer,
      message:
        `The gradient explodes: what reaches "${largest.layer}" is ${short(largest.share)} times what the last layer was given. ` +
        `Try smaller first weights (kernelInitializer 'xavier' or 'heNormal'), clipNorm: 1, or batchNormalization.`,
    });
  }
  return faults;
}

function activationFaults(layer: LayerDiagnosis): Fault[] {
  const {
    layer: name,
    activation,
    deadUnits = 0,
    softSaturated = 0,
    hardSaturated = 0,
    zigzag = 0,
    inputSign = 0,
  } = layer;
  const faults: Fault[] = [];
  if (deadUnits > DEAD_UNITS) {
    faults.push({
      kind: 'deadUnits',
      layer: name,
      message:
        activation !== undefined && propertiesOf(activation).largestSlope === 0
          ? `"${name}" cannot learn by gradients: the derivative of ${activation} is 0 everywhere. Try 'sigmoid' or 'relu'.`
          : `${percent(deadUnits)} of the units of "${name}" are dead: 0 slope on every row, so their weights never change. ` +
            `Lower the learning rate, or try 'leakyRelu' or 'elu', which have a slope everywhere.`,
    });
  }
  if (softSaturated > SOFT_SATURATED) {
    faults.push({
      kind: 'saturation',
      layer: name,
      message:
        `${percent(softSaturated)} of the activations of "${name}" are softly saturated: the slope of ${activation} there is nearly 0. ` +
        `Try smaller first weights (kernelInitializer 'xavier'), inputs of mean 0 and variance 1, or batchNormalization before it.`,
    });
  } else if (hardSaturated > HARD_SATURATED && deadUnits <= DEAD_UNITS) {
    faults.push({
      kind: 'saturation',
      layer: name,
      message:
        `${percent(hardSaturated)} of the activations of "${name}" are hard saturated: the slope of ${activation} there is 0. ` +
        `Lower the learning rate, or try 'leakyRelu' or 'elu'.`,
    });
  }
  if (zigzag >= ZIGZAG && inputSign !== 0) {
    faults.push({
      kind: 'zigzag',
      layer: name,
      message:
        `The weights of ${percent(zigzag)} of the units of "${name}" can only all grow or all shrink in this step, since its inputs have one ` +
        `sign: descent zigzags. Center the inputs (normalization), or use an activation around 0 before it, such as 'tanh'.`,
    });
  }
  return faults;
}

function updateFaults(layers: readonly LayerDiagnosis[], still: boolean): Fault[] {
  const updated = layers.filter(({ updateRatio }) => updateRatio !== undefined);
  const faults = updated
    .filter(({ updateRatio }) => updateRatio! > LARGE_UPDATE)
    .map(({ layer, updateRatio }): Fault => {
      const message =
        `The next update changes the weights of "${layer}" by ${percent(updateRatio!)} of their size, where 0.1 % is usual. ` +
        `Lower the learning rate, or start with a schedules.warmUp.`;
      return { kind: 'largeUpdate', layer, message };
    });
  // If one layer hardly changes, its gradient is small; if none does, the learning rate is too small.
  const largest = Math.max(0, ...updated.map(({ updateRatio }) => updateRatio!));
  if (
    !still &&
    updated.length > 0 &&
    largest < SMALL_UPDATE &&
    updated.some(({ gradientNorm }) => gradientNorm !== 0)
  ) {
    const message =
      `The next update changes no layer's weights by more than ${short(largest)} of their size: next to nothing. ` +
      `Raise the learning rate, unless training is over.`;
    faults.push({ kind: 'smallUpdate', message });
  }
  return faults;
}

const COLUMNS: readonly (readonly [title: string, of: (layer: LayerDiagnosis) => string | undefined])[] = [
  ['layer', ({ layer }) => layer],
  ['gradient', ({ gradientNorm }) => gradientNorm?.toExponential(1)],
  ['to next', ({ gradientRatio }) => gradientRatio?.toPrecision(2)],
  ['saturated', ({ softSaturated }) => (softSaturated === undefined ? undefined : percent(softSaturated))],
  ['zero slope', ({ hardSaturated }) => (hardSaturated === undefined ? undefined : percent(hardSaturated))],
  ['dead', ({ deadUnits }) => (deadUnits === undefined ? undefined : percent(deadUnits))],
  ['zigzag', ({ zigzag }) => (zigzag === undefined ? undefined : percent(zigzag))],
  ['update', ({ updateRatio }) => updateRatio?.toExponential(1)],
];

/** Returns a table of the measurements, and a sentence for each fault. */
function describeDiagnosis(layers: readonly LayerDiagnosis[], faults: readonly Fault[]): string {
  const table = [COLUMNS.map(([title]) => title), ...layers.map((layer) => COLUMNS.map(([, of]) => of(layer) ?? '·'))];
  const widths = COLUMNS.map((_, column) => Math.max(...table.map((row) => row[column].length)));
  const lines = table.map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('  '),
  );
  const sentences = faults.length === 0 ? ['No faults.'] : faults.map(({ message }) => message);
  return [...lines, '', ...sentences].join('\n');
}

/** Adds `toString` to measurements. */
export const withText = (measured: Omit<Diagnosis, 'toString'>): Diagnosis => ({
  ...measured,
  toString: () => describeDiagnosis(measured.layers, measured.faults),
});
