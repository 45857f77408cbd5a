/**
 * Settings in the address of the page, behind its #: whoever opens the address gets the same weights to the bit. What is
 * as in DEFAULTS is left out; what is unknown or out of range is as in DEFAULTS, so that no address breaks the page.
 */
import { DATASETS, type Point } from '../data/datasets.js';
import { FEATURES, type FeatureName } from '../data/features.js';
import {
  ACTIVATIONS,
  INITIALIZERS,
  LOSSES,
  OPTIMIZERS,
  REGULARIZERS,
  SCHEDULES,
  type ActivationName,
  type LossName,
  type OptimizerName,
} from './choices.js';
import { consistent, DEFAULTS, LIMITS, type HiddenLayer, type Settings } from './settings.js';

/** Thousandths: own points are rounded to them, so that an address is short and holds them exactly. */
const THOUSAND = 1000;

/** Rounds own points as their address holds them. */
export const roundedPoint = ({ x, y, target }: Point, isValue: boolean): Point => ({
  x: Math.round(x * THOUSAND) / THOUSAND,
  y: Math.round(y * THOUSAND) / THOUSAND,
  target: isValue ? Math.round(target * THOUSAND) / THOUSAND : target,
});

const textOfPoints = (points: readonly Point[], isValue: boolean): string =>
  points
    .map(({ x, y, target }) =>
      [x * THOUSAND, y * THOUSAND, isValue ? target * THOUSAND : target].map(Math.round).join('_'),
    )
    .join('.');

function pointsOfText(text: string, isValue: boolean): Point[] {
  return text
    .split('.')
    .slice(0, LIMITS.points)
    .flatMap((part) => {
      const [x, y, target] = part.split('_').map(Number);
      const fits = [x, y, target].every(Number.isInteger) && (isValue || (target >= 0 && target < 6));
      return fits ? [{ x: x / THOUSAND, y: y / THOUSAND, target: isValue ? target / THOUSAND : target }] : [];
    });
}

const textOfLayers = (layers: readonly HiddenLayer[]): string =>
  layers.map(({ units, activation }) => `${units}${activation}`).join('-') || 'none';

function layersOfText(text: string): HiddenLayer[] | undefined {
  if (text === 'none') return [];
  const layers = text.split('-').map((part): HiddenLayer | undefined => {
    const [, count = '', activation] = /^(\d{1,2})([A-Za-z0-9]+)$/.exec(part) ?? [];
    const units = Number(count);
    const known = (ACTIVATIONS as readonly string[]).includes(activation);
    return known && units >= 1 && units <= LIMITS.units
      ? { units, activation: activation as ActivationName }
      : undefined;
  });
  return layers.length <= LIMITS.layers && layers.every((one) => one !== undefined) ? layers : undefined;
}

/** A setting in the address: how it is written, and read; undefined for text that it does not take. */
interface Entry<T> {
  write(value: T): string;
  read(text: string): T | undefined;
}

const number = (least: number, most: number): Entry<number> => ({
  write: String,
  read: (text) => {
    const value = Number(text);
    return text !== '' && value >= least && value <= most ? value : undefined;
  },
});

const integer = (least: number, most: number): Entry<number> => ({
  write: String,
  read: (text) => (/^\d+$/.test(text) ? number(least, most).read(text) : undefined),
});

const oneOf = <T extends string>(names: readonly T[]): Entry<T> => ({
  write: String,
  read: (text) => ((names as readonly string[]).includes(text) ? (text as T) : undefined),
});

type Written = Omit<Settings, 'dataset' | 'own'>;

/** Settings by their names in the address, which are those of Settings. */
const ENTRIES: { readonly [K in keyof Written]: Entry<Settings[K]> } = {
  seed: integer(0, LIMITS.seed),
  points: integer(20, LIMITS.points),
  noise: number(0, 1),
  testShare: number(0, 0.8),
  features: {
    write: (features) => features.join('-'),
    read: (text) => {
      const names = text.split('-').filter((name): name is FeatureName => Object.hasOwn(FEATURES, name));
      return names.length > 0 ? [...new Set(names)] : undefined;
    },
  },
  layers: { write: textOfLayers, read: layersOfText },
  normalization: oneOf(['none', 'batch', 'layer'] as const),
  dropout: number(0, 0.9),
  initializer: oneOf<string>(INITIALIZERS),
  loss: oneOf(Object.keys(LOSSES) as LossName[]),
  optimizer: oneOf(Object.keys(OPTIMIZERS) as OptimizerName[]),
  learningRate: number(LIMITS.leastRate, LIMITS.rate),
  momentum: number(0, 0.999),
  schedule: oneOf(SCHEDULES),
  scheduleSteps: integer(10, 1_000_000),
  regularizer: oneOf(REGULARIZERS),
  regularization: number(0, 10),
  batchSize: integer(1, LIMITS.points),
};

/** How many steps an address asks for. */
const STEPS = integer(0, LIMITS.steps);

/** Returns the part of an address behind its #: the settings, and the steps that the network has been trained for. */
export function addressOf(settings: Settings, steps = 0): string {
  const parts: string[] = [];
  const { own, dataset } = settings;
  if (dataset === undefined && own !== undefined) {
    parts.push(`${own.task}=${textOfPoints(own.points, own.task === 'values')}`);
  } else if (dataset !== undefined && dataset !== DEFAULTS.dataset) parts.push(`data=${dataset}`);
  for (const [name, entry] of Object.entries(ENTRIES) as [keyof Written, Entry<unknown>][]) {
    const text = entry.write(settings[name]);
    if (text !== entry.write(DEFAULTS[name])) parts.push(`${name}=${encodeURIComponent(text)}`);
  }
  if (steps > 0) parts.push(`steps=${steps}`);
  return parts.join('&');
}

/** Reads the part of an address behind its #. */
export function settingsOf(address: string): Settings {
  const given = new URLSearchParams(address.replace(/^#/, ''));
  const settings: Record<string, unknown> = { ...DEFAULTS };
  for (const [name, entry] of Object.entries(ENTRIES) as [string, Entry<unknown>][]) {
    const text = given.get(name);
    const value = text === null ? undefined : entry.read(text);
    if (value !== undefined) settings[name] = value;
  }
  const data = given.get('data');
  if (data !== null && Object.hasOwn(DATASETS, data)) settings.dataset = data;
  for (const task of ['classes', 'values'] as const) {
    const points = pointsOfText(given.get(task) ?? '', task === 'values');
    if (points.length > 1) Object.assign(settings, { dataset: undefined, own: { task, points } });
  }
  return consistent(settings as unknown as Settings);
}

/** Reads the steps of an address: after so many the network has the weights of whoever shared it. */
export const stepsOf = (address: string): number =>
  STEPS.read(new URLSearchParams(address.replace(/^#/, '')).get('steps') ?? '') ?? 0;
