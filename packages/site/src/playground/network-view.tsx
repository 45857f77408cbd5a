/**
 * The network: a column for the features, for each hidden layer and for the output. Units are pictures of their
 * activations over the square; weights are lines, as thick as they are large. Layers and units are added here.
 */
import { useMemo, useRef, useState } from 'preact/hooks';
import { colourOfValue, css } from '../components/colours.js';
import { HeatMap } from '../components/heat-map.js';
import { useElementWidth } from '../components/size.js';
import { usePalette } from '../components/theme.js';
import { FEATURES, featuresOf, gridPoints, type FeatureName } from '../data/features.js';
import { ACTIVATIONS, LOSSES, type ActivationName } from '../settings/choices.js';
import { LIMITS, type HiddenLayer, type Settings } from '../settings/settings.js';
import { UNIT_CELLS, type Snapshot } from '../training/protocol.js';

interface NetworkViewProps {
  readonly settings: Settings;
  readonly snapshot: Snapshot | undefined;
  readonly change: (part: Partial<Settings>) => void;
}

/** Sizes in rem: pictures of units where there is little room and where there is much, the gap below, a column's head. */
const UNIT = { least: 2.375, most: 3.5 };
const GAP = 0.625;
const HEAD = 5.75;

/** Smallest width of a column in rem, so that its controls can be used. */
const COLUMN = 7.4;

/** Pixels of a rem: pages are larger on wide screens. */
const pixelsOfRem = (): number => parseFloat(getComputedStyle(document.documentElement).fontSize);

export function NetworkView({ settings, snapshot, change }: NetworkViewProps) {
  const { layers, features, loss } = settings;
  const frame = useRef<HTMLDivElement>(null);
  const columns = layers.length + 2;
  const frameWidth = useElementWidth(frame);
  const rem = pixelsOfRem();
  const width = Math.max(frameWidth, COLUMN * columns * rem);
  const side = Math.round(Math.min(UNIT.most * rem, Math.max(UNIT.least * rem, (0.27 * width) / columns)));
  const rowOf = (index: number): number => HEAD * rem + index * (side + GAP * rem);
  const colours = usePalette();
  const [looked, setLooked] = useState<string>();
  const names = Object.keys(FEATURES) as FeatureName[];
  const pictures = useMemo(() => {
    const rows = featuresOf(names, gridPoints(UNIT_CELLS));
    return names.map((_, column) =>
      Float32Array.from({ length: rows.length / names.length }, (_, i) => rows[i * names.length + column]),
    );
  }, []);
  const x = (column: number): number => ((column + 0.5) * width) / columns - side / 2;
  const outputs =
    snapshot?.weights
      .filter(({ name }) => !name.startsWith('hidden'))
      .flatMap(({ weight, bias }) => {
        const inputs = layers.at(-1)?.units ?? features.length;
        return Array.from({ length: weight.length / inputs }, (_, unit) => ({
          weight: weight.subarray(unit * inputs, (unit + 1) * inputs),
          bias: bias?.[unit],
        }));
      }) ?? [];
  const height = rowOf(Math.max(names.length, outputs.length, ...layers.map(({ units }) => units))) + 8;

  const outputValues = (unit: number): Float32Array | undefined => {
    const values = snapshot?.outputs.subarray(unit * UNIT_CELLS ** 2, (unit + 1) * UNIT_CELLS ** 2);
    return values?.length === UNIT_CELLS ** 2 ? values : undefined;
  };

  /** Layers as they are drawn: the units' incoming weights. */
  const incoming = [
    ...layers.map(({ units }, index) => {
      const own = snapshot?.weights.find(({ name }) => name === `hidden${index + 1}`);
      const inputs = index === 0 ? features.length : layers[index - 1].units;
      return Array.from({ length: units }, (_, unit) => ({
        weight: own?.weight.subarray(unit * inputs, (unit + 1) * inputs) ?? new Float32Array(inputs),
        bias: own?.bias?.[unit],
      }));
    }),
    outputs,
  ];
  const yOf = (column: number, unit: number): number =>
    rowOf(column === 0 ? names.indexOf(features[unit]) : unit) + side / 2;

  const setLayer = (index: number, part: Partial<HiddenLayer>): void =>
    change({ layers: layers.map((layer, i) => (i === index ? { ...layer, ...part } : layer)) });

  const described = (units: (typeof incoming)[number], unit: number): string => {
    const { weight, bias } = units[unit] ?? { weight: [], bias: undefined };
    const list = Array.from(weight, (value) => value.toPrecision(3)).join(', ');
    return `weights ${list}${bias === undefined ? '' : `; bias ${bias.toPrecision(3)}`}`;
  };

  return (
    <section class="network" aria-label="Network">
      <div class="network-actions">
        <button
          type="button"
          disabled={layers.length >= LIMITS.layers}
          onClick={() => change({ layers: [...layers, layers.at(-1) ?? { units: 4, activation: 'tanh' }] })}
        >
          Add a layer
        </button>
        <button type="button" disabled={layers.length === 0} onClick={() => change({ layers: layers.slice(0, -1) })}>
          Remove a layer
        </button>
        <span class="hint">
          {layers.length === 0
            ? 'No hidden layer'
            : layers.length === 1
              ? 'One hidden layer'
              : `${layers.length} hidden layers`}
        </span>
      </div>
      <div class="network-scroll" tabIndex={0} role="group" aria-label="Units and weights">
        <div
          ref={frame}
          class="network-frame"
          style={{ height: `${height}px`, minWidth: `${COLUMN * columns}rem`, '--unit': `${side}px` }}
        >
          <svg width={width} height={height} aria-hidden="true">
            {incoming.map((units, column) =>
              units.map(({ weight }, unit) =>
                Array.from(weight, (value, from) => {
                  const [x1, x2] = [x(column) + side, x(column + 1)];
                  const [y1, y2] = [yOf(column, from), yOf(column + 1, unit)];
                  const middle = (x1 + x2) / 2;
                  return (
                    <path
                      key={`${column} ${unit} ${from}`}
                      d={`M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`}
                      stroke={css(colourOfValue(colours, value < 0 ? -1 : 1))}
                      stroke-width={(rem / 16) * (Math.min(6, 0.4 + 2 * Math.abs(value)) || 0.4)}
                      stroke-dasharray={value < 0 ? `${rem / 3} ${rem / 5}` : undefined}
                      opacity={Math.min(0.9, 0.25 + Math.abs(value) / 2) || 0.25}
                      fill="none"
                    />
                  );
                }),
              ),
            )}
          </svg>
          <fieldset class="column" style={{ left: `${x(0)}px` }}>
            <legend>Features</legend>
            {names.map((name, row) => (
              <label
                key={name}
                class={features.includes(name) ? 'unit' : 'unit off'}
                style={{ top: `${rowOf(row)}px` }}
              >
                <input
                  type="checkbox"
                  checked={features.includes(name)}
                  disabled={features.length === 1 && features[0] === name}
                  onChange={(event) =>
                    change({
                      features: names.filter((one) =>
                        one === name ? event.currentTarget.checked : features.includes(one),
                      ),
                    })
                  }
                />
                <HeatMap
                  size={UNIT_CELLS}
                  values={pictures[row]}
                  colourOf={(value) => colourOfValue(colours, value)}
                  label={`Feature ${FEATURES[name].title}`}
                />
                <span class="unit-name">{FEATURES[name].title}</span>
              </label>
            ))}
          </fieldset>
          {layers.map((layer, index) => (
            <div
              key={index}
              class="column"
              role="group"
              aria-label={`Hidden layer ${index + 1}`}
              style={{ left: `${x(index + 1)}px` }}
            >
              <div class="column-head">
                <div class="stepper">
                  <button
                    type="button"
                    aria-label={`Fewer units in layer ${index + 1}`}
                    disabled={layer.units <= 1}
                    onClick={() => setLayer(index, { units: layer.units - 1 })}
                  >
                    −
                  </button>
                  <output aria-label={`Units in layer ${index + 1}`}>{layer.units}</output>
                  <button
                    type="button"
                    aria-label={`More units in layer ${index + 1}`}
                    disabled={layer.units >= LIMITS.units}
                    onClick={() => setLayer(index, { units: layer.units + 1 })}
                  >
                    +
                  </button>
                </div>
                <select
                  aria-label={`Activation of layer ${index + 1}`}
                  value={layer.activation}
                  onChange={(event) => setLayer(index, { activation: event.currentTarget.value as ActivationName })}
                >
                  {ACTIVATIONS.map((name) => (
                    <option key={name}>{name}</option>
                  ))}
                </select>
              </div>
              {Array.from({ length: layer.units }, (_, unit) => {
                const values = snapshot?.units[index]?.subarray(unit * UNIT_CELLS ** 2, (unit + 1) * UNIT_CELLS ** 2);
                const text = `Layer ${index + 1}, unit ${unit + 1}: ${described(incoming[index], unit)}`;
                return (
                  <button
                    key={unit}
                    type="button"
                    class="unit"
                    style={{ top: `${rowOf(unit)}px` }}
                    title={text}
                    onFocus={() => setLooked(text)}
                    onMouseEnter={() => setLooked(text)}
                  >
                    <HeatMap
                      size={UNIT_CELLS}
                      values={values?.length === UNIT_CELLS ** 2 ? values : undefined}
                      colourOf={(value) => colourOfValue(colours, value)}
                      label={text}
                    />
                  </button>
                );
              })}
            </div>
          ))}
          <div class="column" role="group" aria-label="Output" style={{ left: `${x(columns - 1)}px` }}>
            <div class="column-head">
              <span class="output-name">Output</span>
              <span class="hint">{LOSSES[loss].activation}</span>
            </div>
            {outputs.map((_, unit) => (
              <span
                key={unit}
                class="unit output"
                style={{ top: `${rowOf(unit)}px` }}
                title={`Output ${unit + 1}: ${described(outputs, unit)}`}
              >
                <HeatMap
                  size={UNIT_CELLS}
                  values={outputValues(unit)}
                  colourOf={(value) => colourOfValue(colours, value)}
                  label={`Output ${unit + 1}: ${described(outputs, unit)}`}
                />
                <span class="unit-name">{unit + 1}</span>
              </span>
            ))}
          </div>
        </div>
      </div>
      <p class="hint network-text" aria-live="off">
        {looked ?? 'Lines are weights: solid above 0, dashed below. Point at a unit to read its numbers.'}
      </p>
    </section>
  );
}
