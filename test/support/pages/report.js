/**
 * Posts the result of `run`, or its error, to the server of the page, so that nothing has to be evaluated in the page.
 */

/** @param {() => Promise<unknown>} run */
export async function report(run) {
  /** @type {unknown} */
  let result;
  try {
    result = await run();
  } catch (error) {
    const { name, message } = /** @type {Error} */ (error);
    result = { error: { name, message } };
  }
  await fetch('/__result', { method: 'POST', body: JSON.stringify(result) });
}
