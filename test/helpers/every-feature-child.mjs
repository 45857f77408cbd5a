/** Runs the training with every feature on the built package, in whatever engine runs this file, and prints the result as JSON. */
import { trainEveryFeature } from './every-feature.mjs';

const library = await import(new URL('../../dist/index.js', import.meta.url).href);
const { updates, sha256 } = await trainEveryFeature(library);
console.log(JSON.stringify({ updates, weightsSha256: sha256 }));
