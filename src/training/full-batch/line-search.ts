/**
 * A line search for the strong Wolfe conditions: algorithms 3.5 and 3.6 of Nocedal & Wright, Numerical Optimization
 * (2006), with cubic interpolation. Works on numbers alone; lbfgs.ts evaluates the points.
 */

/** A point along a direction: how far it is, the value there, and the derivative along the direction. */
export interface LinePoint {
  readonly step: number;
  readonly value: number;
  readonly slope: number;
}

/** Share of the decrease that the slope promises, and share of the slope that may remain. */
const DECREASE = 1e-4;
const CURVATURE = 0.9;

/** Most evaluations of one search. */
const MOST_EVALUATIONS = 25;

/** Most by which a step grows at once. */
const GROWTH = 10;

/** A trial between two points stays this share of their distance away from both. */
const MARGIN = 0.1;

/**
 * Returns a point that meets the strong Wolfe conditions: value ≤ start + c₁·step·slope and |slope| ≤ c₂·|slope of the
 * start|. After the last evaluation it returns the lowest point found that meets the first; undefined if there is none.
 * `start` is at step 0 and descends; `first` is the step that is tried first. A value that is not finite counts as too
 * high.
 */
export function strongWolfe(
  evaluate: (step: number) => LinePoint,
  start: LinePoint,
  first: number,
): LinePoint | undefined {
  let evaluations = 0;
  const at = (step: number): LinePoint => {
    evaluations += 1;
    return evaluate(step);
  };
  const tooHigh = (point: LinePoint): boolean =>
    !(point.value <= start.value + DECREASE * point.step * start.slope) || !Number.isFinite(point.slope);
  const isFlat = (point: LinePoint): boolean => Math.abs(point.slope) <= CURVATURE * -start.slope;

  /** Shrinks an interval that contains acceptable steps; `low` is the end with the lower value. */
  const zoom = (low: LinePoint, high: LinePoint): LinePoint | undefined => {
    while (evaluations < MOST_EVALUATIONS && low.step !== high.step) {
      const step = between(low, high);
      if (step === low.step || step === high.step) break;
      const point = at(step);
      if (tooHigh(point) || point.value >= low.value) {
        high = point;
      } else {
        if (isFlat(point)) return point;
        if (point.slope * (high.step - low.step) >= 0) high = low;
        low = point;
      }
    }
    return low.step > 0 ? low : undefined;
  };

  let before = start;
  let step = first;
  for (;;) {
    const point = at(step);
    if (tooHigh(point) || (before.step > 0 && point.value >= before.value)) return zoom(before, point);
    if (isFlat(point)) return point;
    if (point.slope >= 0) return zoom(point, before);
    if (evaluations >= MOST_EVALUATIONS) return point;
    // Where the cubic has its minimum, but at least a bit further, and not too far.
    const wanted = minimumOfCubic(before, point);
    const least = step + MARGIN * (step - before.step);
    step = wanted > least ? Math.min(wanted, GROWTH * step) : wanted <= least ? least : GROWTH * step;
    before = point;
  }
}

/** Returns a step between two points: where the cubic through them has its minimum, or the middle. */
function between(a: LinePoint, b: LinePoint): number {
  const [left, right] = a.step < b.step ? [a.step, b.step] : [b.step, a.step];
  const margin = MARGIN * (right - left);
  const wanted = minimumOfCubic(a, b);
  if (!Number.isFinite(wanted)) return left + (right - left) / 2;
  return Math.min(Math.max(wanted, left + margin), right - margin);
}

/**
 * Returns where the cubic through two points with these slopes has its minimum (Nocedal & Wright, equation 3.59); NaN
 * if it has none.
 */
function minimumOfCubic(a: LinePoint, b: LinePoint): number {
  const d1 = a.slope + b.slope - (3 * (a.value - b.value)) / (a.step - b.step);
  const square = d1 * d1 - a.slope * b.slope;
  if (!(square >= 0)) return NaN;
  const d2 = b.step > a.step ? Math.sqrt(square) : -Math.sqrt(square);
  return b.step - ((b.step - a.step) * (b.slope + d2 - d1)) / (b.slope - a.slope + 2 * d2);
}
