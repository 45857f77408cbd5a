/** Inspections of a training that callbacks request: diagnoses after epochs, and the first number that is not finite. */
import type { Inspection } from './callbacks/callback.js';
import type { BatchIterator } from './data/batches.js';
import { diagnose } from './diagnosis/diagnose.js';
import type { Diagnosis } from './diagnosis/diagnosis.js';
import { holdsNonFinite } from './diagnosis/non-finite.js';
import type { Trainer } from './trainer.js';

/** An inspection requested by a callback. */
export interface Inspected {
  readonly every: number;
  readonly inspection: Inspection;
}

/** Inspects the current batch for the callbacks that requested it. */
export class Inspector {
  private found = false;

  constructor(
    private readonly inspections: readonly Inspected[],
    private readonly trainer: Trainer,
    private readonly batches: BatchIterator,
    private readonly at: { readonly epoch: number; readonly batch: number; readonly rows: number },
  ) {
    if (inspections.length > 0) trainer.beforeUpdate = () => this.checkForNonFinite();
  }

  /** Called at the end of an epoch. */
  diagnose(): void {
    const { epoch } = this.at;
    const due = this.inspections.filter(({ every }) => (epoch + 1) % every === 0);
    if (due.length === 0) return;
    const diagnosis = this.measure();
    for (const { inspection } of due) inspection.diagnosed(epoch, diagnosis);
  }

  private checkForNonFinite(): void {
    if (this.found || !holdsNonFinite(this.trainer, this.batches.context)) return;
    const { nonFinite } = this.measure();
    if (nonFinite === undefined) return;
    this.found = true;
    const { epoch, batch } = this.at;
    for (const { inspection } of this.inspections) inspection.nonFinite({ ...nonFinite, epoch, batch });
  }

  private measure(): Diagnosis {
    const { trainer, batches, at } = this;
    return diagnose(trainer, at.rows, batches.weightVectors, (context) => batches.reload(context));
  }
}
