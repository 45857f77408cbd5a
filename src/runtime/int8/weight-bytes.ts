/** Sizes of weights in eight bits, which planning a network needs; weights.ts has their layout. */
import { padded } from '../panels.js';

/** The most inputs of a product: its sum is at most 127 · 127 · 131,072, which is below 2³¹. */
export const MOST_INPUTS = 131_072;

/** Bytes of the panels, a multiple of 16. */
export const panelBytes = (inputs: number, units: number): number => padded(inputs) * padded(units);

/** Bytes of stored weights (units, inputs): panels, then sums. */
export const int8WeightBytes = (inputs: number, units: number): number => panelBytes(inputs, units) + 4 * padded(units);
