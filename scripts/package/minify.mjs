/** Minifies output of esbuild once more with Terser, which saves a twentieth, see docs/measurements.md. */
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
