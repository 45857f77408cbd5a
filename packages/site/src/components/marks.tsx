/** Shapes of classes and series, so that colour is never needed: as paths around 0, about 2 wide. */
import { css } from './colours.js';
import { usePalette } from './theme.js';

export const SHAPE_NAMES = ['circle', 'square', 'triangle', 'diamond', 'turned triangle', 'cross'] as const;

/** In the order of their names. */
export const SHAPES: readonly string[] = [
  'M-1,0A1,1 0 1 0 1,0A1,1 0 1 0 -1,0Z',
  'M-.9,-.9H.9V.9H-.9Z',
  'M0,-1.2L1.1,.8H-1.1Z',
  'M0,-1.3L1,0L0,1.3L-1,0Z',
  'M0,1.2L1.1,-.8H-1.1Z',
  'M-1,-.4H-.4V-1H.4V-.4H1V.4H.4V1H-.4V.4H-1Z',
];

/** Shapes of values, by their sign. */
export const shapeOfValue = (value: number): string =>
  SHAPES[SHAPE_NAMES.indexOf(value < 0 ? 'turned triangle' : 'triangle')];

/** The shape of a class in its colour, beside its number. */
export function ClassMark({ index }: { readonly index: number }) {
  const { classes } = usePalette();
  return (
    <svg viewBox="-1.4 -1.4 2.8 2.8" aria-hidden="true" class="mark-of-class">
      <path d={SHAPES[index % SHAPES.length]} fill={css(classes[index % classes.length])} />
    </svg>
  );
}
