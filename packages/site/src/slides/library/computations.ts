/** What the page asks the library for, by name. The worker runs them; tests call them. */
import { activationCurve } from '../compute/activations.js';
import { exampleOfLibrary } from '../compute/backpropagation.js';
import { livesOfUnits } from '../compute/dead-units.js';
import { initializations } from '../compute/initializations.js';
import { lossCurves, softmaxCost } from '../compute/losses.js';
import { nonlinearField } from '../compute/nonlinearity.js';
import { penaltyPaths, race, zigzagPaths } from '../compute/paths.js';
import { vanishingGradients } from '../compute/vanishing.js';

export const COMPUTATIONS = {
  activationCurve,
  nonlinearField,
  exampleOfLibrary,
  vanishingGradients,
  zigzagPaths,
  livesOfUnits,
  penaltyPaths,
  lossCurves,
  softmaxCost,
  initializations,
  race,
};

export type Computation = keyof typeof COMPUTATIONS;
export type InputOf<K extends Computation> = Parameters<(typeof COMPUTATIONS)[K]>[1];
export type ResultOf<K extends Computation> = Awaited<ReturnType<(typeof COMPUTATIONS)[K]>>;

export interface Question {
  readonly id: number;
  readonly kind: Computation;
  readonly input: InputOf<Computation>;
}
export interface Answer {
  readonly id: number;
  readonly result?: ResultOf<Computation>;
  /** What went wrong. */
  readonly error?: string;
}
