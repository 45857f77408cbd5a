/** Makes a whole sweep: rung after rung, what is missing of each. What makes the trials is a `Runner`. */
import { Failure } from '../failure.js';
import type { ResultLog } from './log.js';
import { difference, type Sweep } from './plan.js';
import { recordLine, Results, sweepLine, trialsOf, type TrialKey, type TrialRecord } from './records.js';

export interface Runner {
  /** Makes trials in any order, and reports each as it comes, possibly more than once. */
  run(trials: readonly TrialKey[], onRecord: (record: TrialRecord) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/**
 * Reads what other processes have of a sweep, and says there what is to come, unless it is said.
 * @throws Failure if the log has results of another sweep.
 */
export async function describe(sweep: Sweep, log: ResultLog): Promise<Results> {
  const results = new Results();
  results.addLines(await log.read());
  const other = [...results.ids].find((id) => id !== sweep.id);
  if (other !== undefined) {
    const known = results.sweep?.id === sweep.id ? undefined : results.sweep?.plan;
    const how = known === undefined ? '' : ` It differs in ${difference(sweep.plan, known)}.`;
    throw new Failure(
      `${log.name} has results of another sweep, ${other}; this one is ${sweep.id}.${how} Take the same table and options, or other results.`,
    );
  }
  if (results.sweep === undefined || sweepLine(results.sweep) !== sweepLine(sweep)) await log.append(sweepLine(sweep));
  return results;
}

/**
 * Makes all trials of a sweep that have no result yet.
 * @throws Failure if a trial cannot be made, or two runs of one differ.
 */
export async function runSweep(
  sweep: Sweep,
  log: ResultLog,
  runner: Runner,
  onRecord: (record: TrialRecord, rung: number) => void,
): Promise<Results> {
  const results = await describe(sweep, log);
  for (const [rung, { epochs }] of sweep.rungs.entries()) {
    results.requireAgreement();
    const missing = results.missing(trialsOf(results, sweep.rungs, rung), epochs);
    await runner.run(
      missing.map((trial) => ({ trial, epochs })),
      async (record) => {
        const isNew = results.get(record) === undefined;
        results.add(record);
        if (!isNew) return;
        await log.append(recordLine(record));
        onRecord(record, rung);
      },
    );
  }
  results.requireAgreement();
  return results;
}
