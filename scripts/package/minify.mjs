/** Minifies what esbuild has bundled once more, by Terser: a twentieth less, see docs/measurements.md. */
import { minify } from 'terser';

/**
 * @param {string} code
 * @param {import('terser').MinifyOptions} options
 * @returns {Promise<{ code: string, map: string }>}
 */
export async function minified(code, options) {
  const { code: text = '', map = '' } = await minify(code, { ecma: 2020, compress: { passes: 2 }, ...options });
  return { code: text, map: String(map) };
}
