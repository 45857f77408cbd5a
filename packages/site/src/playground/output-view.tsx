/**
 * The square with what the network says of each place, and the points over it: a shape for each class, filled for
 * training, hollow for the test. Points are drawn by mouse, or by keyboard with a cross that arrow keys move.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import '../style/output-view.css';
import { colourOfClass, colourOfShare, colourOfValue, css, type Colour, type Palette } from '../components/colours.js';
import { HeatMap } from '../components/heat-map.js';
import { SHAPE_NAMES, SHAPES, shapeOfValue } from '../components/marks.js';
import { usePalette } from '../components/theme.js';
import type { Point } from '../data/datasets.js';
import { classesOf, taskOf, type Settings } from '../settings/settings.js';
import { OUTPUT_CELLS, type OutputField, type Snapshot } from '../training/protocol.js';

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

/** Pixels of the canvas for one of these, for screens that have more. */
const DENSITY = 2;

/** How fields are coloured: by what they are, since the settings may be newer than the picture. */
const FIELD_COLOURS: Readonly<Record<OutputField['kind'], (colours: Palette, value: number) => Colour>> = {
  value: colourOfValue,
  share: colourOfShare,
  class: colourOfClass,
};

export function OutputView({ settings, snapshot, training, test, onDraw, erases }: OutputViewProps) {
  const colours = usePalette();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [cross, setCross] = useState<{ x: number; y: number }>();
  const isValue = taskOf(settings) === 'values';

  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    context.setTransform(DENSITY, 0, 0, DENSITY, 0, 0);
    context.clearRect(0, 0, SIDE, SIDE);
    const place = (x: number, y: number): [number, number] => [((x + 1) / 2) * SIDE, ((1 - y) / 2) * SIDE];
    const draw = ({ x, y, target }: Point, filled: boolean): void => {
      const colour = css(isValue ? colourOfValue(colours, target) : colours.classes[target % colours.classes.length]);
      const shape = new Path2D();
      const outline = isValue ? shapeOfValue(target) : SHAPES[target % SHAPES.length];
      shape.addPath(new Path2D(outline), new DOMMatrix([7, 0, 0, 7, ...place(x, y)]));
      context.fillStyle = filled ? colour : 'transparent';
      context.fill(shape);
      // Values near 0 have nearly the colour of the ground: the ink is around them.
      const edges: (readonly [width: number, style: string])[] = filled
        ? [[1.5, css(isValue ? colours.ink : colours.none)]]
        : [[isValue ? 2 : 3, colour]];
      if (!filled && isValue) edges.unshift([4.5, css(colours.ink)]);
      for (const [width, style] of edges) {
        context.lineWidth = width;
        context.strokeStyle = style;
        context.stroke(shape);
      }
    };
    for (const point of test) draw(point, false);
    for (const point of training) draw(point, true);
    if (cross !== undefined) {
      const [x, y] = place(cross.x, cross.y);
      const lines = new Path2D(`M${x - 14} ${y}H${x + 14}M${x} ${y - 14}V${y + 14}`);
      for (const [width, style] of [
        [8, css(colours.none)],
        [3, css(colours.ink)],
      ] as const) {
        context.lineWidth = width;
        context.strokeStyle = style;
        context.stroke(lines);
      }
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
          values={snapshot?.field.values}
          colourOf={(value) => FIELD_COLOURS[snapshot?.field.kind ?? 'value'](colours, value)}
          label={isValue ? 'Predicted value over the square' : 'Predicted class over the square'}
        />
        <canvas
          ref={canvas}
          class="points"
          width={DENSITY * SIDE}
          height={DENSITY * SIDE}
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
          ? 'Orange is below 0, blue above; triangles that point down are below 0. Filled points train, hollow ones test.'
          : `Classes: ${SHAPE_NAMES.slice(0, classesOf(settings))
              .map((name, i) => `${i + 1} ${name}`)
              .join(', ')}. Filled points train, hollow ones test.`}
        {onDraw !== undefined && (erases ? ' Click to remove points.' : ' Click or draw to add points.')}
      </figcaption>
    </figure>
  );
}
