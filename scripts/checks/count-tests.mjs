/**
 * Counts the results of a test run: `node scripts/checks/count-tests.mjs RESULTS STATUS` prints "PASSED FAILED" from
 * vitest's JSON results and its exit status. A file that could not be loaded, a run that failed outside any test, and a
 * run in which nothing passed count as one failure each.
 * `node scripts/checks/count-tests.mjs RESULTS --failures` names what failed, with the first lines of its message.
 */

import { readFileSync } from 'node:fs';

const [path, status] = process.argv.slice(2);

/** The results, or none if the run ended before its report was complete. */
function resultsIn(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).testResults;
  } catch {
    return [];
  }
}

/** Lines of a message that are printed: the assertion, and where it stands. */
const LINES = 12;

if (status === '--failures') {
  const start = (message = '') =>
    message
      .split('\n', LINES)
      .map((line) => `    ${line}`)
      .join('\n');
  for (const { name, status: outcome, message, assertionResults } of resultsIn(path)) {
    if (outcome !== 'failed') continue;
    const failures = assertionResults.filter((result) => result.status === 'failed');
    if (failures.length === 0) console.log(`${name}\n${start(message)}`);
    for (const { fullName, failureMessages } of failures)
      console.log(`${name}: ${fullName}\n${start(failureMessages[0])}`);
  }
  process.exit(0);
}

let passed = 0;
let failed = 0;
for (const file of resultsIn(path)) {
  const count = (wanted) => file.assertionResults.filter((result) => result.status === wanted).length;
  passed += count('passed');
  failed += file.status === 'failed' ? Math.max(count('failed'), 1) : 0;
}
if (failed === 0 && (status !== '0' || passed === 0)) failed = 1;
console.log(`${passed} ${failed}`);
