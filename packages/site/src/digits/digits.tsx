/** The page that reads drawn digits: a place to draw, and what the network says at every stroke. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { mix } from '../components/colours.js';
import { HeatMap } from '../components/heat-map.js';
import { usePalette } from '../components/theme.js';
import { asDigit, SIDE } from './drawing.js';
import { DigitReader, examplesOf, type Reading } from './reading.js';
import { Saliency } from './saliency.js';

/** Pixels along a side of the place to draw. */
const DRAWN = 280;
/** Width of the pen. */
const PEN = 22;

/** Fetches and builds the reader: the library is loaded after the page is drawn. */
async function loadReader(): Promise<DigitReader> {
  const [{ loadModel }, network, examples] = await Promise.all([
    import('wasm-mlp/predict'),
    ...['network.safetensors', 'examples.bin'].map(async (name) => {
      const response = await fetch(`./digits/${name}`);
      if (!response.ok) throw new Error(`${name} could not be loaded: ${response.status}.`);
      return new Uint8Array(await response.arrayBuffer());
    }),
  ]);
  return new DigitReader(await loadModel(network), network, examplesOf(examples));
}

const percent = (share: number): string => `${(100 * share).toFixed(share > 0.1 ? 0 : 1)} %`;

export function Digits() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [reader, setReader] = useState<DigitReader>();
  const [problem, setProblem] = useState('');
  const [digit, setDigit] = useState<Float32Array>();
  const [reading, setReading] = useState<Reading>();
  const [cells, setCells] = useState(() => new Set<number>());
  const [cursor, setCursor] = useState<number>();
  const colours = usePalette();
  const last = useRef<{ x: number; y: number } | undefined>(undefined);

  useEffect(() => {
    loadReader().then(setReader, (error: unknown) =>
      setProblem(error instanceof Error ? error.message : String(error)),
    );
  }, []);
  useEffect(() => {
    setReading(digit === undefined ? undefined : reader?.read(digit));
  }, [reader, digit]);

  const context = (): CanvasRenderingContext2D => canvas.current!.getContext('2d', { willReadFrequently: true })!;
  const take = (): void => {
    const { data } = context().getImageData(0, 0, DRAWN, DRAWN);
    setDigit(
      asDigit({ size: DRAWN, greys: Float32Array.from({ length: DRAWN * DRAWN }, (_, i) => data[4 * i + 3] / 255) }),
    );
  };
  const clear = (): void => {
    context().clearRect(0, 0, DRAWN, DRAWN);
    setCells(new Set());
    setDigit(undefined);
  };
  const show = (pixels: Float32Array): void => {
    clear();
    const drawing = context();
    const size = DRAWN / SIDE;
    pixels.forEach((grey, i) => {
      drawing.fillStyle = `rgb(0 0 0 / ${grey})`;
      drawing.fillRect((i % SIDE) * size, Math.floor(i / SIDE) * size, size, size);
    });
    take();
  };
  const placeOf = (event: PointerEvent): { x: number; y: number } => {
    const box = canvas.current!.getBoundingClientRect();
    return { x: ((event.clientX - box.left) / box.width) * DRAWN, y: ((event.clientY - box.top) / box.height) * DRAWN };
  };
  const stroke = (to: { x: number; y: number }): void => {
    const from = last.current ?? to;
    const drawing = context();
    drawing.lineWidth = PEN;
    drawing.lineCap = 'round';
    drawing.beginPath();
    drawing.moveTo(from.x, from.y);
    drawing.lineTo(to.x + 0.01, to.y);
    drawing.stroke();
    last.current = to;
    take();
  };
  /** By keyboard: arrow keys move a field of a 14 × 14 grid, the space bar paints it or takes its paint. */
  const GRID = 14;
  const onKey = (event: KeyboardEvent): void => {
    const at = cursor ?? GRID * 7 + 7;
    const [row, column] = [Math.floor(at / GRID), at % GRID];
    const moves: Readonly<Record<string, number>> = {
      ArrowLeft: Math.max(0, column - 1) + row * GRID,
      ArrowRight: Math.min(GRID - 1, column + 1) + row * GRID,
      ArrowUp: column + Math.max(0, row - 1) * GRID,
      ArrowDown: column + Math.min(GRID - 1, row + 1) * GRID,
    };
    if (Object.hasOwn(moves, event.key)) setCursor(moves[event.key]);
    else if (event.key === ' ' || event.key === 'Enter') {
      const painted = new Set(cells);
      const size = DRAWN / GRID;
      const paint = !painted.has(at);
      if (paint) painted.add(at);
      else painted.delete(at);
      context()[paint ? 'fillRect' : 'clearRect'](column * size, row * size, size, size);
      setCells(painted);
      setCursor(at);
      take();
    } else return;
    event.preventDefault();
  };

  const grey = (value: number) => mix(colours.none, colours.classes[1], value);
  return (
    <div class="digits">
      <h1>Draw a digit</h1>
      <p class="hint lead">
        A network of one hidden layer with 64 units reads it at every stroke. It was trained on the 60,000 digits of
        MNIST, with the bits that everybody gets who trains it. Predictions are made in this page: nothing is sent
        anywhere.
      </p>
      {problem !== '' && (
        <p role="alert" class="fault">
          {problem}
        </p>
      )}
      <div class="digit-stage">
        <section aria-label="Drawing">
          <div class="square paper">
            <canvas
              ref={canvas}
              width={DRAWN}
              height={DRAWN}
              tabIndex={0}
              role="application"
              aria-label="Place to draw a digit. Arrow keys move a field, the space bar paints it."
              onPointerDown={(event) => {
                canvas.current!.setPointerCapture(event.pointerId);
                last.current = undefined;
                setCursor(undefined);
                stroke(placeOf(event));
              }}
              onPointerMove={(event) => {
                if (event.buttons !== 0) stroke(placeOf(event));
              }}
              onKeyDown={onKey}
              onFocus={(event) => {
                // Not for those who came by mouse.
                if (event.currentTarget.matches(':focus-visible')) setCursor((before) => before ?? GRID * 3 + 6);
              }}
              onBlur={() => setCursor(undefined)}
            />
            {cursor !== undefined && (
              <span
                class="cursor"
                style={{
                  left: `${((cursor % GRID) * 100) / GRID}%`,
                  top: `${(Math.floor(cursor / GRID) * 100) / GRID}%`,
                }}
              />
            )}
          </div>
          <div class="buttons">
            <button type="button" onClick={clear}>
              Clear
            </button>
          </div>
        </section>
        <section aria-label="Reading" class="reading">
          <p class="verdict" role="status" data-testid="verdict">
            {reading === undefined
              ? reader === undefined && problem === ''
                ? 'Loading …'
                : 'Draw a digit on the left.'
              : `${reading.digit}`}
            {reading !== undefined && <span class="hint"> with {percent(reading.probabilities[reading.digit])}</span>}
          </p>
          <table class="bars">
            <caption class="visually-hidden">Probability of each digit</caption>
            <tbody>
              {Array.from({ length: 10 }, (_, i) => {
                const share = reading?.probabilities[i] ?? 0;
                return (
                  <tr key={i} class={reading?.digit === i ? 'best' : undefined}>
                    <th scope="row">{i}</th>
                    <td>
                      <span class="bar-track">
                        <span class="bar-fill" style={{ width: `${100 * share}%` }} />
                      </span>
                    </td>
                    <td class="share">{reading === undefined ? '–' : percent(share)}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </section>
        <section aria-label="Why" class="why">
          <figure>
            <HeatMap
              size={SIDE}
              values={digit ?? new Float32Array(SIDE * SIDE)}
              colourOf={grey}
              label="The digit as the network sees it, 28 by 28 pixels"
            />
            <figcaption class="hint">What the network sees: 28 × 28 pixels, centred as in MNIST.</figcaption>
          </figure>
          <figure>
            <Saliency
              values={reading?.saliency}
              label={`Pixels that speak for ${reading?.digit ?? 'the digit'}, and against it`}
            />
            <figcaption class="hint">Blue squares speak for the likeliest digit, orange dots against it.</figcaption>
          </figure>
        </section>
      </div>
      <section aria-labelledby="nearest-title">
        <h2 id="nearest-title">Training digits that look most alike to its hidden layer</h2>
        <div class="nearest">
          {(reading?.nearest ?? []).map(({ label, pixels }, i) => (
            <button key={i} type="button" onClick={() => show(pixels)} aria-label={`Training digit ${label}: draw it`}>
              <HeatMap size={SIDE} values={pixels} colourOf={grey} label={`A training digit ${label}`} />
              <span>{label}</span>
            </button>
          ))}
          {reading === undefined && <p class="hint">They appear with the first stroke.</p>}
        </div>
      </section>
    </div>
  );
}
