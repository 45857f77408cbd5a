/** Coordinates models that share weights: who they are, which of them trains, and when their weights are newest. */
import { StateError } from '../common/errors.js';
import type { WeightBlock, WeightUser } from '../runtime/weight-block.js';

/** References to models, one for each, by which blocks know them. */
const references = new WeakMap<WeightUser, WeakRef<WeightUser>>();

function referenceTo(user: WeightUser): WeakRef<WeightUser> {
  let reference = references.get(user);
  if (reference === undefined) references.set(user, (reference = new WeakRef(user)));
  return reference;
}

/** Returns the models that share weights with one, as far as they were not collected. */
const sharersOf = ({ sharers }: WeightUser): WeightUser[] =>
  sharers.map((one) => one.deref()).filter((one) => one !== undefined);

/** Finds the sharers of a model anew, and what fetches the newest weights of all of them. */
function renew(user: WeightUser): void {
  const own = referenceTo(user);
  user.sharers = [...new Set(user.blocks.flatMap(({ users }) => [...users]))].filter((one) => one !== own);
  const pulls = [user, ...sharersOf(user)].flatMap(({ pull }) => (pull === undefined ? [] : [pull]));
  user.refresh = pulls.length === 0 ? undefined : () => pulls.forEach((pull) => pull());
}

/** Makes a model a user of blocks. */
export function joinBlocks(user: WeightUser, blocks: readonly WeightBlock[]): void {
  user.blocks = blocks;
  for (const { users } of blocks) users.add(referenceTo(user));
  renew(user);
  sharersOf(user).forEach(renew);
}

/** Ends the use of its blocks by a model, when it is disposed; frees those that nothing else uses. */
export function leaveBlocks(user: WeightUser): void {
  const others = sharersOf(user);
  for (const block of user.blocks) block.leave(referenceTo(user));
  user.blocks = user.sharers = [];
  others.forEach(renew);
}

/** Sets what fetches the newest weights of a model's fit in a worker, for it and all that share weights with it. */
export function setPull(user: WeightUser, pull: (() => void) | undefined): void {
  user.pull = pull;
  [user, ...sharersOf(user)].forEach(renew);
}

/** Throws if `fit` runs, or if another model changes weights that this one uses. */
export function requireAtRest(where: string, user: WeightUser): void {
  if (user.fitting) {
    throw new StateError(
      `${where}: a model at rest expected, got one in the middle of fit. Wait for the promise of fit.`,
    );
  }
  requireAlone(where, user);
}

/**
 * Throws if another model changes weights that this one uses: it is in the middle of `fit`, or of a step that called a
 * function of the user.
 */
export function requireAlone(where: string, user: WeightUser): void {
  if (user.sharers.length === 0) return;
  for (const { fitting, running } of sharersOf(user)) {
    if (fitting) {
      throw new StateError(
        `${where}: a model at rest expected, got one whose weights another model trains in fit. Wait for the promise of that fit.`,
      );
    }
    if (running) {
      throw new StateError(
        `${where}: a model at rest expected, got one whose weights another model uses in the step that called this function.`,
      );
    }
  }
}

/** Begins a change of a model's weights, from which other threads may be predicting, as its own or as another's. */
export function beginChange({ weightVersion, sharers }: WeightUser): void {
  weightVersion?.begin();
  if (sharers.length > 0) for (const one of sharers) one.deref()?.weightVersion?.begin();
}

/** Ends a change. */
export function endChange({ weightVersion, sharers }: WeightUser): void {
  weightVersion?.end();
  if (sharers.length > 0) for (const one of sharers) one.deref()?.weightVersion?.end();
}
