/** Sharing a model's weights with other threads: the sequence lock of the weights, and the handle to be posted. */
import { StateError, UnsupportedError } from '../common/errors.js';
import { architectureOf } from '../graph/architecture.js';
import type { ModelState } from '../graph/model-state.js';
import { borrows } from '../graph/shared-weights.js';
import { checksumOf, type ModelHandle } from '../inference/attach.js';
import { whyNotPosted } from '../runtime/threads/host.js';
import { SEQLOCK_WORDS, SeqlockWriter } from '../runtime/threads/seqlock.js';
import { useSharedFreeList } from '../runtime/threads/shared-free-list.js';

/** The shared state of one model: its sequence lock and its handle. */
export class SharedWeights {
  /** Address of the words of the sequence lock, once the model is shared. */
  private words: number | undefined;

  constructor(private readonly state: ModelState) {}

  /** Returns the handle of the model. Calls `onFirst` when the model is shared for the first time. */
  handle(onFirst: () => void): ModelHandle {
    const reason = whyNotPosted();
    if (reason !== undefined) throw new UnsupportedError(`share: ${reason}`);
    if (borrows(this.state.plan)) {
      throw new StateError(
        'share: a model with weights of its own expected, got one that uses those of another model. ' +
          'Share that model, or a copy of this one: loadModel(model.save()).',
      );
    }
    const { runtime, weights, blueprint } = this.state;
    if (runtime.memory.take === undefined) useSharedFreeList(runtime.memory);
    const architecture = architectureOf(blueprint);
    if (this.words === undefined) {
      const words = (this.words = this.takeWords());
      const writer = (this.state.weightVersion = new SeqlockWriter(runtime.memory.words(words, SEQLOCK_WORDS)));
      const { generation } = writer;
      writer.sign(checksumOf({ tile: runtime.tile.name, weights, words, generation }, architecture));
      onFirst();
    }
    const { words } = this;
    const { generation } = this.state.weightVersion!;
    return { kind: 'wasm-mlp model', ...runtime.handle, architecture, weights, words, generation };
  }

  /** Tells attached threads that the model is disposed. */
  retire(): void {
    this.state.weightVersion?.retire();
    if (this.words !== undefined) this.state.runtime.retiredSeqlocks.push(this.words);
  }

  /**
   * Returns words for a sequence lock. They are reused but never freed: threads attached to a disposed model read them.
   */
  private takeWords(): number {
    const { runtime } = this.state;
    const retired = runtime.retiredSeqlocks.pop();
    if (retired !== undefined) return retired;
    const words = runtime.root.allocate(4 * SEQLOCK_WORDS);
    runtime.memory.words(words, SEQLOCK_WORDS).fill(0);
    return words;
  }
}
