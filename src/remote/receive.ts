/** The worker's side of data that is sent in parts. */
import type { RowSource } from '../common/rows.js';
import type { DataSources } from '../training/data/dataset.js';
import { revive } from './errors.js';
import type { SentData, SentRows } from './protocol.js';

/** The parts of a set of rows, in order: copies, which were checked where they came from. */
function receivedRows({ width }: SentRows, rows: number, parts: Float32Array[]): RowSource {
  return {
    rows,
    width,
    exact: true,
    write(into, at) {
      // Each part is let go once it is copied: data need not stand in memory twice.
      for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
        into.set(part, at);
        at += part.length;
      }
    },
  };
}

/** Data of sets that have come in. */
export function receivedData(sent: SentData, partsOf: (set: number) => Float32Array[]): DataSources {
  const { rows, given } = sent;
  const end = (one: SentRows): DataSources['x'][number] => ({
    what: one.what,
    source: receivedRows(one, rows, partsOf(one.set)),
  });
  return {
    rows,
    x: sent.x.map(end),
    y: sent.y.map(end),
    sampleWeight: undefined,
    classWeight: undefined,
    given: 'message' in given ? revive(given) : given,
  };
}
