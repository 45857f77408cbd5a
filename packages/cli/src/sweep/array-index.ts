/** The number of a task in an array job, as the engines that start such jobs say it. */
import { usageFailure } from '../failure.js';

/** Environment variables, by the engine that sets them. */
const VARIABLES: Readonly<Record<string, string>> = {
  "a Job of Kubernetes with completionMode 'Indexed'": 'JOB_COMPLETION_INDEX',
  'an array of Slurm': 'SLURM_ARRAY_TASK_ID',
  'an array job of AWS Batch': 'AWS_BATCH_JOB_ARRAY_INDEX',
};

/**
 * Reads the index from the environment.
 * @throws Failure if no variable has one, or several have different ones.
 */
export function arrayIndex(environment: Readonly<Record<string, string | undefined>>): number {
  const found = Object.values(VARIABLES).filter((name) => (environment[name] ?? '') !== '');
  const values = new Set(found.map((name) => Number(environment[name])));
  const [value] = values;
  if (values.size === 1 && Number.isSafeInteger(value) && value >= 0) return value;
  if (found.length === 0) {
    const known = Object.entries(VARIABLES).map(([engine, name]) => `${name} (${engine})`);
    throw usageFailure(`--index without a number reads ${known.join(', ')}. None is set: write --index 0.`);
  }
  throw usageFailure(
    `--index expected one index from the environment, got ${found.map((name) => `${name}=${environment[name]}`).join(', ')}. Write --index 0.`,
  );
}
