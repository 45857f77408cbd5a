/** Errors as plain data, to cross between a model and the worker that trains it. */
import * as errors from '../common/errors.js';
import type { SentError } from './protocol.js';

/** Returns name and message of an error. */
export function sentError(error: unknown): SentError {
  return error instanceof Error
    ? { name: error.name, message: error.message }
    : { name: 'Error', message: String(error) };
}

/** Creates the error again as it would have been thrown on this side. */
export function receivedError({ name, message }: SentError): Error {
  const known = (errors as Record<string, unknown>)[name] as typeof errors.WasmMlpError | undefined;
  if (known !== undefined) return new known(message);
  const error = new Error(message);
  error.name = name;
  return error;
}
