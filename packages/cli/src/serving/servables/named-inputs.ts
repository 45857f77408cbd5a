/** The inputs of a request by name, as a model knows them. */
import { nearest } from '../../terminal/nearest.js';
import { RequestError, shown } from '../protocol/request-error.js';
import { ofInput, type RequestTensor } from '../protocol/tensor.js';

/**
 * Returns the tensor of each name. Those of `ignored` may be there and are left out.
 * @throws RequestError for one that is not there, is there twice, or that nothing is known of.
 */
export function namedInputs(
  inputs: readonly RequestTensor[],
  names: readonly string[],
  ignored: readonly string[] = [],
): RequestTensor[] {
  // The usual case: as many as there are, in their order.
  if (inputs.length === names.length && inputs.every(({ name }, index) => name === names[index])) return [...inputs];
  const byName = new Map<string, RequestTensor>();
  for (const input of inputs) {
    const { name } = input;
    if (!names.includes(name) && !ignored.includes(name)) throw unknownInput(name, names);
    if (byName.has(name)) throw new RequestError(`${ofInput(input)} expected once, got it twice.`);
    byName.set(name, input);
  }
  return names.map((name) => {
    const input = byName.get(name);
    if (input === undefined) throw new RequestError(`${ofInput({ name })} expected, got a request without it.`);
    return input;
  });
}

/** Most names of inputs in a message. */
const MOST_NAMES = 8;

function unknownInput(name: string, names: readonly string[]): RequestError {
  const similar = nearest(name, names);
  const listed = names.slice(0, MOST_NAMES).map(shown).join(', ');
  const hint = similar === undefined ? '' : ` Did you mean ${shown(similar)}?`;
  return new RequestError(
    `inputs expected names of ${listed}${names.length > MOST_NAMES ? ', …' : ''}, got ${shown(name)}.${hint}`,
  );
}

/** The number of rows of all inputs. */
export function commonRows(tensors: readonly RequestTensor[]): number {
  const [first] = tensors;
  const rows = first.shape[0];
  for (const tensor of tensors) {
    if (tensor.shape[0] === rows) continue;
    throw new RequestError(
      `${ofInput(tensor)} expected ${rows} rows, as ${ofInput(first)} has, got ${tensor.shape[0]}.`,
    );
  }
  return rows;
}
