/**
 * The body of a request as bytes, without a copy where it came in one piece: its values are copied when they are read.
 */
import type { IncomingMessage } from 'node:http';
import { RequestError } from './request-error.js';

/** Reads a body of at most `limit` bytes, and calls `done` once. `length` is its Content-Length. */
export function readBytes(
  payload: IncomingMessage,
  length: string | undefined,
  limit: number,
  done: (error: Error | null, body?: Buffer) => void,
): void {
  const tooLong = (): RequestError =>
    new RequestError(`body expected at most ${limit} bytes, got one that is too large.`, 413);
  if (Number(length) > limit) {
    done(tooLong());
    return;
  }
  const parts: Buffer[] = [];
  let bytes = 0;
  const end = (error: Error | null, body?: Buffer): void => {
    payload.off('data', take).off('end', whole).off('error', fail);
    done(error, body);
  };
  const take = (part: Buffer): void => {
    bytes += part.length;
    if (bytes > limit) end(tooLong());
    else parts.push(part);
  };
  const whole = (): void => end(null, parts.length === 1 ? parts[0] : Buffer.concat(parts, bytes));
  const fail = ({ message }: Error): void => end(new RequestError(`body expected all of its bytes, got: ${message}.`));
  payload.on('data', take).on('end', whole).on('error', fail);
}
