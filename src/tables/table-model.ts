/** What `tableClassifier` and `tableRegressor` have in common: what they know of the columns, their file, their end. */
import { DISPOSE, INSPECT } from '../common/symbols.js';
import type { Model } from '../index.js';
import type { Facade, TableEstimator } from './estimator.js';
import type { Preprocessing } from './preprocessing.js';
import type { Schema } from './schema.js';

/**
 * Common part of `TableClassifier` and `TableRegressor`.
 * @category Tables
 */
export abstract class TableModel {
  /** Tells a classifier from a regressor. */
  abstract readonly kind: 'classifier' | 'regressor';
  /** Trains, and has what the last fit made. @internal */
  protected abstract readonly estimator: Pick<
    TableEstimator<Facade, unknown>,
    'requireFitted' | 'save' | 'dispose' | 'state'
  >;

  /** Names of the columns that are predicted. */
  get targets(): readonly string[] {
    return this.estimator.requireFitted('targets').targets;
  }

  /** Preprocessing of the last successful fit. */
  get preprocessing(): Preprocessing {
    return this.estimator.requireFitted('preprocessing').preprocessing;
  }

  /** Columns that are used, and those that are not. */
  get schema(): Schema {
    return this.estimator.requireFitted('schema').preprocessing.schema;
  }

  /** Network of the last successful fit, whose inputs are what `preprocessing.transform` returns. */
  get model(): Model {
    return this.estimator.requireFitted('model').facade.model;
  }

  /**
   * Returns one safetensors file, for `loadTable`: preprocessing, network, labels or scale of the targets, and options.
   * `loadModel` loads the network in it.
   * @throws StateError before `fit`.
   */
  save(): Uint8Array {
    return this.estimator.save();
  }

  /** Frees the memory of the network. A fit in progress rejects with a StateError. */
  dispose(): void {
    this.estimator.dispose();
  }

  /** `dispose`, for `using`. */
  [DISPOSE](): void {
    this.dispose();
  }

  /** Returns a short text for consoles, which would show all private fields otherwise. @internal */
  [INSPECT](): string {
    const name = this.kind === 'classifier' ? 'TableClassifier' : 'TableRegressor';
    return `${name} (${this.estimator.state})`;
  }
}
