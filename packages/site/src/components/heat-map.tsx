/** A picture of numbers over the square [−1, 1]²: a colour for each cell. */
import { useEffect, useRef } from 'preact/hooks';
import type { Colour } from './colours.js';

interface HeatMapProps {
  /** Cells along a side. */
  readonly size: number;
  /** Values of the cells, rows from the top. */
  readonly values: Float32Array | undefined;
  readonly colourOf: (value: number) => Colour;
  /** What a screen reader says instead. */
  readonly label: string;
  readonly class?: string;
}

export function HeatMap({ size, values, colourOf, label, class: name }: HeatMapProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context || values === undefined) return;
    const image = context.createImageData(size, size);
    for (let i = 0; i < size * size; i++) {
      const [red, green, blue] = colourOf(values[i]);
      image.data.set([red, green, blue, 255], 4 * i);
    }
    context.putImageData(image, 0, 0);
  });
  return (
    <canvas ref={canvas} width={size} height={size} role="img" aria-label={label} class={`heat-map ${name ?? ''}`} />
  );
}
