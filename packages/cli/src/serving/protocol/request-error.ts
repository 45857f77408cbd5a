/** Errors of requests: what a client is told, and by which status of HTTP. */

/** A request that is refused. Its message follows the name of the model: `iris: input "x" expected …`. */
export class RequestError extends Error {
  override readonly name = 'RequestError';

  constructor(
    message: string,
    readonly status = 400,
  ) {
    super(message);
  }
}

/** Most characters of a value in a message. */
const SHOWN = 60;

/** A value that a client sent, as text for a message. */
export function shown(value: unknown): string {
  if (value === undefined) return 'none';
  if (typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value))) return String(value);
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  const text = JSON.stringify(value);
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN - 1)}…`;
}
