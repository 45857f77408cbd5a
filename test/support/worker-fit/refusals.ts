/**
 * Arguments that a fit in a worker must refuse with the same message as on this thread, and without changing anything.
 */
import { describe, expect, test } from 'vitest';
import {
  createEngine,
  earlyStopping,
  MemoryError,
  ShapeError,
  UnsupportedError,
  ValueError,
  type FitOptions,
  type Model,
} from '../../../src/index.js';
import { any, expectError, thrownBy } from '../reference/refusals.js';
import { ROWS, INPUTS, CLASSES, x, labels, rows, oneHot, type Setting } from './setting.js';

export function refusals({ classifier }: Setting): void {
  describe('a fit in a worker refuses with the same message, and changes nothing', () => {
    const bad = x.slice();
    bad[9] = NaN;
    const unequal = (model: Model): number[][] => {
      model.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
      return [...oneHot.slice(1), [1, 1, 0, 0]];
    };
    const calls: [string, (model: Model, options: FitOptions) => Promise<unknown>, new (message: string) => Error][] = [
      ['a NaN', (m, o) => m.fit(bad, labels, o), ValueError],
      ['a ragged row', (m, o) => m.fit([...rows.slice(0, 5), [1, 2]], labels.slice(0, 6), o), ShapeError],
      [
        'text among rows',
        (m, o) => m.fit(any([...rows.slice(0, 5), [...rows[0].slice(1), 'a']]), labels.slice(0, 6), o),
        ValueError,
      ],
      ['too few targets', (m, o) => m.fit(x, labels.slice(1), o), ShapeError],
      [
        'a class that is out of range',
        (m, o) =>
          m.fit(
            x,
            labels.map((label) => label + 1),
            o,
          ),
        ValueError,
      ],
      [
        'a negative row weight',
        (m, o) => m.fit(x, labels, { sampleWeight: new Array<number>(ROWS).fill(-1), ...o }),
        ValueError,
      ],
      ['a weight for an unknown class', (m, o) => m.fit(x, labels, { classWeight: { 9: 1 }, ...o }), ValueError],
      ['a NaN and too few weights', (m, o) => m.fit(bad, labels, { sampleWeight: [1], ...o }), ValueError],
      ['NaN in validation data', (m, o) => m.fit(x, labels, { validationData: [bad, labels], ...o }), ValueError],
      ['a split that leaves no rows', (m, o) => m.fit(x, labels, { validationSplit: 0.999999, ...o }), ValueError],
      ['targets that are no distribution', (m, o) => m.fit(x, unequal(m), o), ValueError],
      [
        'targets of a batch that are no distribution',
        (m, o) => {
          const batch = [x, unequal(m)] as const;
          return m.fit(() => [batch], o);
        },
        ValueError,
      ],
      ['an empty source', (m, o) => m.fit(() => [], o), ValueError],
      [
        'a batch of the wrong kind',
        (m, o) =>
          m.fit(
            any(() => [[x, labels], 7]),
            { epochs: 3, ...o },
          ),
        ValueError,
      ],
      ['an unknown monitor', (m, o) => m.fit(x, labels, { callbacks: [earlyStopping()], ...o }), ValueError],
    ];
    test.each(calls)('%s', async (_, act, error) => {
      const [here, away] = [classifier(), classifier()];
      for (const model of [here, away]) model.stopTraining = true;
      const expected = await thrownBy(() => act(here, {}));
      expect(expected).toBeInstanceOf(error);
      expectError(await thrownBy(() => act(away, { runIn: 'worker' })), error, expected.message);
      expect(away.stopTraining).toBe(here.stopTraining);
      expect(away.save()).toEqual(here.save());
    });

    test('more data than memory holds', async () => {
      const small = await createEngine({ maximumMemory: 1 << 20 });
      try {
        const model = classifier(small);
        const much = new Float32Array(60_000 * INPUTS);
        const thrown = await thrownBy(() => model.fit(much, new Int32Array(60_000), { runIn: 'worker' }));
        expect(thrown).toBeInstanceOf(MemoryError);
      } finally {
        small.dispose();
      }
    });

    test('custom objects', async () => {
      const model = classifier();
      model.compile({
        optimizer: 'sgd',
        loss: { name: 'mine', value: () => 0, gradient: () => new Float32Array(CLASSES) },
      });
      const thrown = await thrownBy(() => model.fit(x, oneHot, { runIn: 'worker' }));
      expect(thrown).toBeInstanceOf(UnsupportedError);
      expect(thrown.message).toContain('"mine"');
    });

    test('an unknown runIn', async () => {
      const thrown = await thrownBy(() => classifier().fit(x, labels, { runIn: any('here') }));
      expect(thrown).toBeInstanceOf(ValueError);
    });
  });
}
