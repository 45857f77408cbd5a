/** Code of a project that disposes by the platform's symbol; compiled against the declarations of the built package. */
import { createEngine, mlpClassifier, mlpRegressor, type InferenceModel } from '../../dist/index.js';

export async function dispose(loaded: InferenceModel): Promise<void> {
  using engine = await createEngine();
  const things = [engine, mlpClassifier(), mlpRegressor(), loaded];
  for (const thing of things) thing[Symbol.dispose]();
}
