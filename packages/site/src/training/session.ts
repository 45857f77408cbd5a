/**
 * A training in the worker: takes steps, and says what the page is to draw. A step is one batch; after n steps the
 * weights are the same bits in every browser, however fast they were taken.
 */
import { confusionMatrix, type Diagnosis, type Engine, type Model } from 'wasm-mlp';
import { featuresOf, gridPoints } from '../data/features.js';
import { RandomStream } from '../exact/random.js';
import { LOSSES } from '../settings/choices.js';
import { classesOf, isFullBatch, type Settings } from '../settings/settings.js';
import { buildNetwork, type Network } from './network.js';
import {
  OUTPUT_CELLS,
  UNIT_CELLS,
  type ExportFormat,
  type LayerWeights,
  type OutputField,
  type Snapshot,
} from './protocol.js';
import { isClasses, outputsOf, rowsOf, type Rows } from './rows.js';

/** Most points of a curve: above it every other one is dropped. */
const MOST_OF_CURVE = 400;
/** Losses are noted at every step first, and later this often while the number of steps is multiplied by e. */
const OFTEN = 100;

/** Returns the share of class 1, from 0 to 1, of an output under a loss whose targets are signs or shares. */
const shareOf = (output: number, isSign: boolean): number =>
  isSign ? Math.min(1, Math.max(0, (output + 1) / 2)) : output;

export class Session {
  readonly settings: Settings;
  readonly #network: Network;
  readonly #training: Rows;
  readonly #test: Rows;
  readonly #field: Float32Array;
  readonly #unitField: Float32Array;
  readonly #curve = { steps: [] as number[], training: [] as number[], test: [] as number[] };
  #order: Int32Array = new Int32Array(0);
  #nextRow = 0;
  #nextOfCurve = 0;
  step = 0;
  epoch = 0;
  stopped: string | undefined;
  /** The newest one. */
  #diagnosis: Diagnosis | undefined;

  constructor(engine: Engine, settings: Settings) {
    this.settings = settings;
    const { training, test } = rowsOf(settings);
    [this.#training, this.#test] = [training, test];
    this.#network = buildNetwork(engine, settings);
    this.#field = featuresOf(settings.features, gridPoints(OUTPUT_CELLS));
    this.#unitField = featuresOf(settings.features, gridPoints(UNIT_CELLS));
  }

  /** Frees the network's memory. */
  dispose(): void {
    this.#network.hidden?.dispose();
    this.#network.model.dispose();
  }

  get #model(): Model {
    return this.#network.model;
  }

  /** Rows of the next batch, in an order that is new in each epoch. */
  #nextBatch(): Int32Array {
    const count = this.#training.points.length;
    if (this.#nextRow >= this.#order.length) {
      this.#order = new RandomStream((this.settings.seed ^ Math.imul(this.epoch + 1, 0x9e3779b9)) >>> 0).order(count);
      this.#nextRow = 0;
    }
    const batch = this.#order.subarray(this.#nextRow, this.#nextRow + this.settings.batchSize);
    this.#nextRow += batch.length;
    if (this.#nextRow >= count) this.epoch++;
    return batch;
  }

  /** Makes one step; stops the training where the loss is no number any more. */
  async takeStep(): Promise<void> {
    if (this.stopped !== undefined) return;
    this.#noteLosses();
    const { x, t } = this.#training;
    let loss: number;
    if (isFullBatch(this.settings.optimizer)) {
      const { history } = await this.#model.fit(x, t, {
        epochs: 1,
        batchSize: this.#training.points.length,
        shuffle: false,
      });
      loss = history.loss[0];
      this.epoch++;
    } else {
      const batch = this.#nextBatch();
      loss = this.#model.trainOnBatch(
        pick(x, batch, this.settings.features.length),
        pickTargets(t, batch, this.#training),
      ).loss;
    }
    this.step++;
    if (!Number.isFinite(loss)) {
      this.stopped = `The loss is ${loss} since step ${this.step}: training has stopped. The advice says where it began.`;
    }
  }

  #lossOf(rows: Rows): number {
    return this.#model.evaluate(rows.x, rows.t).loss;
  }

  /** Notes the losses where it is time to: at the same steps for everybody, however fast they are taken. */
  #noteLosses(): void {
    if (this.step < this.#nextOfCurve) return;
    const curve = this.#curve;
    curve.steps.push(this.step);
    curve.training.push(this.#lossOf(this.#training));
    if (this.#test.points.length > 0) curve.test.push(this.#lossOf(this.#test));
    if (curve.steps.length > MOST_OF_CURVE) {
      for (const list of [curve.steps, curve.training, curve.test]) {
        list.splice(0, list.length, ...list.filter((_, index) => index % 2 === 0));
      }
    }
    this.#nextOfCurve = this.step + Math.max(1, Math.floor(this.step / OFTEN));
  }

  /** The losses that were noted, with those of now at the end. */
  #curveUntil(training: number, test: number | undefined): Snapshot['curve'] {
    const curve = this.#curve;
    if (curve.steps.at(-1) === this.step) return curve;
    return {
      steps: [...curve.steps, this.step],
      training: [...curve.training, training],
      test: test === undefined ? [] : [...curve.test, test],
    };
  }

  /** Class of each row that the network predicts. */
  #classes(rows: Rows): number[] {
    const outputs = this.#model.predict(rows.x);
    const width = outputsOf(this.settings);
    const isSign = LOSSES[this.settings.loss].targets === 'sign';
    return rows.points.map((_, row) => {
      if (width === 1) return shareOf(outputs[row], isSign) > 0.5 ? 1 : 0;
      const own = outputs.subarray(row * width, (row + 1) * width);
      // Of NaN there is no largest.
      return Math.max(0, own.indexOf(Math.max(...own)));
    });
  }

  #accuracyOf(rows: Rows, classes: readonly number[]): number {
    return rows.points.filter(({ target }, row) => target === classes[row]).length / rows.points.length;
  }

  #outputField(): OutputField {
    const outputs = this.#model.predict(this.#field);
    const width = outputsOf(this.settings);
    const { targets } = LOSSES[this.settings.loss];
    const length = OUTPUT_CELLS * OUTPUT_CELLS;
    if (!isClasses(this.settings)) {
      const shift = targets === 'positive' ? 1 : 0;
      return { kind: 'value', values: Float32Array.from({ length }, (_, i) => outputs[i * width] - shift) };
    }
    if (width === 1) {
      return { kind: 'share', values: Float32Array.from(outputs, (output) => shareOf(output, targets === 'sign')) };
    }
    if (width === 2 && targets !== 'oneHot') {
      return { kind: 'share', values: Float32Array.from({ length }, (_, i) => outputs[2 * i + 1]) };
    }
    const values = Float32Array.from({ length }, (_, i) => {
      const own = outputs.subarray(i * width, (i + 1) * width);
      const best = Math.max(...own);
      // Shares of other losses than cross-entropies may be any number.
      return Math.max(0, own.indexOf(best)) + Math.min(1, Math.max(0, best)) / 2;
    });
    return { kind: 'class', values };
  }

  /** Activations of each hidden layer over the square. */
  #unitFields(): Float32Array[] {
    const predicted = this.#network.hidden?.predict(this.#unitField) ?? [];
    return (Array.isArray(predicted) ? predicted : [predicted]).map(byUnit);
  }

  #weights(): LayerWeights[] {
    const tensors = this.#model.getWeights();
    return tensors
      .filter(({ name }) => /^(hidden\d+|output|mean|variance)\.weight$/.test(name))
      .map(({ name, data }) => {
        const layer = name.slice(0, -'.weight'.length);
        return { name: layer, weight: data, bias: tensors.find((one) => one.name === `${layer}.bias`)?.data };
      });
  }

  #diagnose(): Diagnosis {
    const { loss, layers, nonFinite, faults } = this.#model.diagnose(this.#training.x, this.#training.t);
    // Without its method: messages hold data alone.
    return { loss, layers, nonFinite, faults };
  }

  /** Returns what the page draws. The diagnosis and the hash take longer: one is made anew if `whole`, one in a pause. */
  async snapshot(running: boolean, stepsPerSecond: number, whole: boolean): Promise<Snapshot> {
    if (whole) this.#diagnosis = this.#diagnose();
    const [training, test] = [this.#training, this.#test];
    const hasTest = test.points.length > 0;
    const trainingLoss = this.#lossOf(training);
    const testLoss = hasTest ? this.#lossOf(test) : undefined;
    let accuracy: Snapshot['accuracy'];
    let confusion: Snapshot['confusion'];
    if (isClasses(this.settings)) {
      const [ofTraining, ofTest] = [training, test].map((rows) => (rows.points.length > 0 ? this.#classes(rows) : []));
      accuracy = {
        training: this.#accuracyOf(training, ofTraining),
        test: hasTest ? this.#accuracyOf(test, ofTest) : undefined,
      };
      const [rows, classes] = hasTest ? [test, ofTest] : [training, ofTraining];
      confusion = confusionMatrix(
        rows.points.map(({ target }) => target),
        classes,
        { classes: classesOf(this.settings) },
      );
    }
    return {
      step: this.step,
      epoch: this.epoch,
      running,
      stepsPerSecond,
      trainingLoss,
      testLoss,
      accuracy,
      confusion,
      curve: this.#curveUntil(trainingLoss, testLoss),
      field: this.#outputField(),
      units: this.#unitFields(),
      outputs: byUnit(this.#model.predict(this.#unitField)),
      weights: this.#weights(),
      diagnosis: this.#diagnosis,
      hash: running ? undefined : await this.hash(),
      stopped: this.stopped,
    };
  }

  /** Returns the SHA-256 of all weights, as `npm start` prints it; undefined where the page is no secure context. */
  async hash(): Promise<string | undefined> {
    const { subtle } = globalThis.crypto;
    if (subtle === undefined) return undefined;
    const parts = this.#model.getWeights().map(({ data }) => data);
    const all = new Float32Array(parts.reduce((total, { length }) => total + length, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    const digest = new Uint8Array(await subtle.digest('SHA-256', all.buffer));
    return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  }

  /** Returns the model as a file. */
  async file(format: ExportFormat): Promise<Uint8Array<ArrayBuffer>> {
    if (format === 'safetensors') return new Uint8Array(this.#model.save());
    if (format === 'onnx') {
      const { exportOnnx } = await import('wasm-mlp/onnx');
      return new Uint8Array(exportOnnx(this.#model));
    }
    const { toModule } = await import('wasm-mlp/module');
    return new TextEncoder().encode(toModule(this.#model));
  }
}

/** Transposes values (cells, units) of the units' square. */
function byUnit(values: Float32Array): Float32Array {
  const cells = UNIT_CELLS * UNIT_CELLS;
  const units = values.length / cells;
  return Float32Array.from(values, (_, i) => values[(i % cells) * units + Math.floor(i / cells)]);
}

function pick(x: Float32Array, rows: Int32Array, width: number): Float32Array {
  const picked = new Float32Array(rows.length * width);
  rows.forEach((row, i) => picked.set(x.subarray(row * width, (row + 1) * width), i * width));
  return picked;
}

/** Targets of some rows, of the kind that all have. */
function pickTargets(t: Rows['t'], rows: Int32Array, { points }: Rows): Rows['t'] {
  const width = t.length / points.length;
  if (t instanceof Int32Array) return Int32Array.from(rows, (row) => t[row]);
  return pick(t, rows, width);
}
