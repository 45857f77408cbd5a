/**
 * The square with what the network says of each place, and the points over it: a shape for each class, filled for
 * training, hollow for the test. Points are drawn by mouse, or by keyboard with a cross that arrow keys move.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import '../style/output-view.css';
import { colourOfClass, colourOfShare, colourOfValue, css, type Colour, type Palette } from '../components/colours.js';
import { HeatMap } from '../components/heat-map.js';
import { usePalette } from '../components/theme.js';
import type { Point } from '../data/datasets.js';
import { LOSSES } from '../settings/choices.js';
import { classesOf, taskOf, type Settings } from '../settings/settings.js';
import { OUTPUT_CELLS, type Snapshot } from '../training/protocol.js';

interface OutputViewProps {
  readonly settings: Settings;
  readonly snapshot: Snapshot | undefined;
  readonly training: readonly Point[];
  readonly test: readonly Point[];
  /** Called with the places that are clicked, or drawn over; points cannot be drawn without it. */
  readonly onDraw?: (x: number, y: number) => void;
  /** Whether that removes points. */
  readonly erases?: boolean;
}

/** Distance of two points that are drawn without letting go, in units of the square's half. */
const APART = 0.09;

/** Side of the picture in CSS pixels at which shapes are drawn; it is scaled with the page. */
const SIDE = 600;

type Shape = (context: CanvasRenderingContext2D, x: number, y: number, r: number) => void;

const polygon =
  (corners: readonly (readonly [number, number])[]): Shape =>
  (context, x, y, r) => {
    corners.forEach(([dx, dy], i) =>
      i === 0 ? context.moveTo(x + r * dx, y + r * dy) : context.lineTo(x + r * dx, y + r * dy),
    );
    context.closePath();
  };

/** Shapes by class, so that colour is never needed. */
const SHAPES: readonly Shape[] = [
  (context, x, y, r) => context.arc(x, y, r, 0, 2 * Math.PI),
  polygon([[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]]), // prettier-ignore
  polygon([[0, -1.2], [1.1, 0.8], [-1.1, 0.8]]), // prettier-ignore
  polygon([[0, -1.3], [1, 0], [0, 1.3], [-1, 0]]), // prettier-ignore
  polygon([[0, 1.2], [1.1, -0.8], [-1.1, -0.8]]), // prettier-ignore
  polygon([[-1, -0.4], [-0.4, -0.4], [-0.4, -1], [0.4, -1], [0.4, -0.4], [1, -0.4], [1, 0.4], [0.4, 0.4], [0.4, 1], [-0.4, 1], [-0.4, 0.4], [-1, 0.4]]), // prettier-ignore
];

export const SHAPE_NAMES = ['circle', 'square', 'triangle', 'diamond', 'turned triangle', 'cross'] as const;

/** Returns how values of the field are coloured. */
function fieldColour(settings: Settings, colours: Palette): (value: number) => Colour {
  if (taskOf(settings) === 'values') return (value) => colourOfValue(colours, value);
  const { targets } = LOSSES[settings.loss];
  const isShare = targets === 'share' || targets === 'sign' || (targets === 'index' && classesOf(settings) === 2);
  return isShare ? (value) => colourOfShare(colours, value) : (value) => colourOfClass(colours, value);
}

export function OutputView({ settings, snapshot, training, test, onDraw, erases }: OutputViewProps) {
  const colours = usePalette();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [cross, setCross] = useState<{ x: number; y: number }>();
  const isValue = taskOf(settings) === 'values';

  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    context.clearRect(0, 0, SIDE, SIDE);
    const place = (x: number, y: number): [number, number] => [((x + 1) / 2) * SIDE, ((1 - y) / 2) * SIDE];
    const draw = ({ x, y, target }: Point, filled: boolean): void => {
      const colour = css(isValue ? colourOfValue(colours, target) : colours.classes[target % colours.classes.length]);
      context.beginPath();
      SHAPES[isValue ? 0 : target % SHAPES.length](context, ...place(x, y), 7);
      context.lineWidth = filled ? 1.5 : 3;
      context.fillStyle = filled ? colour : 'transparent';
      context.strokeStyle = filled ? css(colours.none) : colour;
      context.fill();
      context.stroke();
    };
    for (const point of test) draw(point, false);
    for (const point of training) draw(point, true);
    if (cross !== undefined) {
      const [x, y] = place(cross.x, cross.y);
      context.strokeStyle = 'currentColor';
      context.lineWidth = 3;
      context.beginPath();
      context.moveTo(x - 14, y);
      context.lineTo(x + 14, y);
      context.moveTo(x, y - 14);
      context.lineTo(x, y + 14);
      context.stroke();
    }
  }, [training, test, colours, cross, isValue]);

  /** Where the pointer went down, and then the last point of the stroke. */
  const stroke = useRef<{ x: number; y: number; moved: boolean } | undefined>(undefined);
  const placeOf = (event: MouseEvent): { x: number; y: number } => {
    const box = canvas.current!.getBoundingClientRect();
    const limit = (value: number): number => Math.min(1, Math.max(-1, value));
    return {
      x: limit((2 * (event.clientX - box.left)) / box.width - 1),
      y: limit(1 - (2 * (event.clientY - box.top)) / box.height),
    };
  };
  const onDown = (event: PointerEvent): void => {
    // A finger scrolls the page.
    stroke.current = event.pointerType === 'touch' ? undefined : { ...placeOf(event), moved: false };
  };
  const onMove = (event: PointerEvent): void => {
    const last = stroke.current;
    if (last === undefined || (event.buttons & 1) === 0) return;
    const at = placeOf(event);
    if (Math.hypot(at.x - last.x, at.y - last.y) < APART) return;
    if (!last.moved) onDraw?.(last.x, last.y);
    onDraw?.(at.x, at.y);
    stroke.current = { ...at, moved: true };
  };
  const onClick = (event: MouseEvent): void => {
    const { moved = false } = stroke.current ?? {};
    stroke.current = undefined;
    if (moved) return;
    const { x, y } = placeOf(event);
    onDraw?.(x, y);
  };
  const onKey = (event: KeyboardEvent): void => {
    const moves: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, 1],
      ArrowDown: [0, -1],
    };
    const at = cross ?? { x: 0, y: 0 };
    const move = moves[event.key];
    if (move !== undefined) {
      const by = event.shiftKey ? 0.2 : 0.05;
      const limit = (value: number): number => Math.min(1, Math.max(-1, value));
      setCross({ x: limit(at.x + by * move[0]), y: limit(at.y + by * move[1]) });
    } else if (event.key === 'Enter' || event.key === ' ') onDraw?.(at.x, at.y);
    else return;
    event.preventDefault();
  };

  return (
    <figure class="output-view">
      <div class="square">
        <HeatMap
          size={OUTPUT_CELLS}
          values={snapshot?.field}
          colourOf={fieldColour(settings, colours)}
          label={isValue ? 'Predicted value over the square' : 'Predicted class over the square'}
        />
        <canvas
          ref={canvas}
          class="points"
          width={SIDE}
          height={SIDE}
          {...(onDraw === undefined
            ? { role: 'img', 'aria-label': `${training.length} points for training, ${test.length} for the test` }
            : {
                tabIndex: 0,
                role: 'application',
                'aria-label': `${training.length} points for training, ${test.length} for the test. Arrow keys move a cross, Enter ${erases ? 'removes the point nearest to it' : 'adds a point there'}.`,
                onPointerDown: onDown,
                onPointerMove: onMove,
                onClick,
                onKeyDown: onKey,
                onBlur: () => setCross(undefined),
              })}
        />
      </div>
      <figcaption class="hint">
        {isValue
          ? 'Orange is below 0, blue above. Filled points train, hollow ones test.'
          : `Classes: ${SHAPE_NAMES.slice(0, classesOf(settings))
              .map((name, i) => `${i + 1} ${name}`)
              .join(', ')}. Filled points train, hollow ones test.`}
        {onDraw !== undefined && (erases ? ' Click to remove points.' : ' Click or draw to add points.')}
      </figcaption>
    </figure>
  );
}
