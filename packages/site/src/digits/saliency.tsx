/** Which pixels speak for a digit and against it: squares and dots, so that colour is not needed, stronger for more. */
import { useEffect, useRef } from 'preact/hooks';
import { colourOfValue, css } from '../components/colours.js';
import { usePalette } from '../components/theme.js';
import { SIDE } from './drawing.js';

/** Pixels of the canvas for one of the digit. */
const CELL = 20;

interface SaliencyProps {
  /** Of each pixel, (28, 28); undefined where nothing is drawn. */
  readonly values: Float32Array | undefined;
  /** What a screen reader says instead. */
  readonly label: string;
}

export function Saliency({ values, label }: SaliencyProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const colours = usePalette();
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    context.fillStyle = css(colours.none);
    context.fillRect(0, 0, SIDE * CELL, SIDE * CELL);
    const most = Math.max(1e-9, ...(values ?? []).map(Math.abs));
    values?.forEach((value, i) => {
      const [x, y] = [(i % SIDE) * CELL, Math.floor(i / SIDE) * CELL];
      context.fillStyle = css(colourOfValue(colours, value / most));
      context.beginPath();
      if (value < 0) context.arc(x + CELL / 2, y + CELL / 2, 0.38 * CELL, 0, 2 * Math.PI);
      else context.rect(x, y, CELL, CELL);
      context.fill();
    });
  }, [values, colours]);
  return (
    <canvas
      ref={canvas}
      width={SIDE * CELL}
      height={SIDE * CELL}
      role="img"
      aria-label={label}
      class="heat-map saliency"
    />
  );
}
