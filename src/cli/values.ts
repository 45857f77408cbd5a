/**
 * Parsers of option values. Each returns the value or throws the usage error that names the option. `options.ts` lists
 * the options.
 */
import { usageError } from './errors.js';
import { nearest } from './nearest.js';

export function oneOf<T extends string>(option: string, names: readonly T[]): (text: string) => T {
  return (text) => {
    const known = names.find((name) => name === text);
    if (known !== undefined) return known;
    const guess = nearest(text, names);
    const hint = guess === undefined ? '' : ` Did you mean '${guess}'?`;
    throw usageError(`${option}: expected one of ${names.join(', ')}, got '${text}'.${hint}`);
  };
}

export function wholeNumber(option: string, smallest: number, largest: number): (text: string) => number {
  return (text) => {
    const value = parseNumber(text);
    if (Number.isInteger(value) && value >= smallest && value <= largest) return value;
    const hint = Number.isNaN(value)
      ? ''
      : ` The nearest is ${Math.min(largest, Math.max(smallest, Math.round(value)))}.`;
    throw usageError(`${option}: expected a whole number from ${smallest} to ${largest}, got '${text}'.${hint}`);
  };
}

export function positiveNumber(option: string): (text: string) => number {
  return (text) => {
    const value = parseNumber(text);
    if (Number.isFinite(value) && value > 0) return value;
    const hint = value < 0 && Number.isFinite(value) ? ` Did you mean '${-value}'?` : '';
    throw usageError(`${option}: expected a number above 0, got '${text}'.${hint}`);
  };
}

/** Parses a number from 0 to below 1. */
export function share(option: string): (text: string) => number {
  return (text) => {
    const value = parseNumber(text);
    if (value >= 0 && value < 1) return value;
    const hint = value > 1 && value < 100 ? ` Did you mean '${value / 100}'?` : '';
    throw usageError(`${option}: expected a number from 0 to below 1, got '${text}'.${hint}`);
  };
}

/** Parses sizes separated by commas; an empty text or `none` means no hidden layer. */
export function layerSizes(option: string, largest: number): (text: string) => number[] {
  return (text) => {
    if (text.trim() === '' || text === 'none') return [];
    const parts = text.split(',').map((part) => part.trim());
    const sizes = parts.map(parseNumber);
    const isSize = (size: number): boolean => Number.isInteger(size) && size >= 1 && size <= largest;
    if (sizes.every(isSize)) return sizes;
    // Sizes that remain if the separators of other tools (128x64, 128-64, "128 64") and empty or wrong parts are
    // corrected.
    const meant = text
      .split(/[^0-9.]+/)
      .map(parseNumber)
      .filter(isSize);
    const guess = meant.length > 0 ? meant.join(',') : nearest(text, ['none']);
    const hint = guess === undefined ? '' : ` Did you mean '${guess}'?`;
    throw usageError(
      `${option}: expected sizes from 1 to ${largest} separated by commas, or 'none', got '${text}'.${hint}`,
    );
  };
}

/**
 * Parses a number as `Number` does, except that blank text is no number (it would be 0), and neither are the
 * hexadecimal, octal and binary forms.
 */
function parseNumber(text: string): number {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
}
