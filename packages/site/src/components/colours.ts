/**
 * Colours of values and classes: blue and orange, which people who confuse red and green tell apart, and shapes beside
 * them. Numbers are those of style/theme.css.
 */

export type Colour = readonly [red: number, green: number, blue: number];

export interface Palette {
  /** The colour of texts. */
  readonly ink: Colour;
  /** What is neither: a value of 0, or a class that is as likely as another. */
  readonly none: Colour;
  /** By class; the first two are also values of −1 and 1. */
  readonly classes: readonly Colour[];
}

const LIGHT: Palette = {
  ink: [28, 31, 38],
  none: [247, 247, 244],
  classes: [
    [226, 113, 29],
    [24, 98, 196],
    [34, 139, 108],
    [148, 66, 168],
    [120, 120, 120],
    [196, 60, 90],
  ],
};

const DARK: Palette = {
  ink: [236, 238, 242],
  none: [30, 33, 41],
  classes: [
    [240, 148, 70],
    [84, 158, 255],
    [66, 186, 148],
    [198, 128, 216],
    [170, 170, 170],
    [236, 110, 140],
  ],
};

/** Returns the colours of the page's theme. */
export const palette = (isDark: boolean): Palette => (isDark ? DARK : LIGHT);

/** Mixes two colours: 0 is the first, 1 the second. */
export const mix = (from: Colour, to: Colour, share: number): Colour => {
  const [red, green, blue] = from.map((value, i) => Math.round(value + (to[i] - value) * share));
  return [red, green, blue];
};

/** Colour of a value from −1 to 1; others as these; of NaN that of 0. */
export function colourOfValue({ none, classes }: Palette, value: number): Colour {
  const [negative, positive] = classes;
  const size = Math.min(1, Math.abs(value)) || 0;
  return mix(none, value < 0 ? negative : positive, size);
}

/** How strong the colours of regions are: points of the same colour must be seen on them. */
const REGION = 0.6;

/** Colour of a region by the share of the second of two classes, from 0 to 1. */
export const colourOfShare = (colours: Palette, share: number): Colour =>
  colourOfValue(colours, REGION * Math.max(-1, Math.min(1, 2 * share - 1)));

/** Colour of a region by its class with the share of its certainty, as Snapshot writes them: class + share / 2. */
export function colourOfClass({ none, classes }: Palette, value: number): Colour {
  const index = Math.floor(value) || 0;
  return mix(none, classes[index % classes.length], REGION * Math.min(1, 0.2 + 1.6 * Math.max(0, value - index)));
}

export const css = ([red, green, blue]: Colour): string => `rgb(${red} ${green} ${blue})`;
