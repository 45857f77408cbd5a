/** Reads data that was sent in parts: the worker's side of send.ts. */
import type { RowSource } from '../common/rows.js';
import type { DataSources } from '../training/data/dataset.js';
import { receivedError } from './errors.js';
import type { SentData, SentRows } from './protocol.js';

/** Returns a set's parts, in order, as a source of rows. They are copies, which the sending side has checked. */
function receivedRows({ width }: SentRows, rows: number, parts: Float32Array[]): RowSource {
  return {
    rows,
    width,
    exact: true,
    write(into, at) {
      // Drops each part once it is copied, so that data is not in memory twice.
      for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
        into.set(part, at);
        at += part.length;
      }
    },
  };
}

/** Returns data whose sets have arrived. */
export function receivedData(sent: SentData, partsOf: (set: number) => Float32Array[]): DataSources {
  const { rows, given } = sent;
  const named = (set: SentRows): DataSources['x'][number] => ({
    what: set.what,
    source: receivedRows(set, rows, partsOf(set.set)),
  });
  return {
    rows,
    x: sent.x.map(named),
    y: sent.y.map(named),
    sampleWeight: undefined,
    classWeight: undefined,
    given: 'message' in given ? receivedError(given) : given,
  };
}
