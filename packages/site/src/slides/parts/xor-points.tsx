/** XOR's four inputs in the plane: a circle for 0 and a square for 1, crossed out where a network is wrong. */
import { XOR } from '../exact/step-networks.js';
import { Mark } from './curves.js';
import type { Scale } from './plane.js';

interface XorPointsProps {
  readonly scale: Scale;
  readonly isRight?: (index: number) => boolean;
}

export function XorPoints({ scale, isRight }: XorPointsProps) {
  return (
    <>
      {XOR.map(({ at, target }, i) => {
        const [x, y] = [scale.x(at[0]), scale.y(at[1])];
        return (
          <g key={i}>
            <Mark x={x} y={y} style={target === 1 ? 1 : 0} size={11} />
            {isRight?.(i) === false && (
              <path
                d={`M${x - 17},${y - 17}L${x + 17},${y + 17}M${x - 17},${y + 17}L${x + 17},${y - 17}`}
                class="wrong"
              />
            )}
          </g>
        );
      })}
    </>
  );
}
