/**
 * Files of hashes: a line for each random network with a hash for each subject, which one machine writes and another
 * compares. Lines that begin with # say where they come from.
 */

/** @typedef {Record<string, string>} Hashes By subject. */

/**
 * @typedef {object} HashFile
 * @property {readonly string[]} comments
 * @property {ReadonlyMap<number, Hashes>} networks By seed.
 */

/** @param {HashFile} file */
export function formatHashes({ comments, networks }) {
  const [first = {}] = networks.values();
  const subjects = Object.keys(first);
  const lines = [...networks].map(([seed, hashes]) => [seed, ...subjects.map((subject) => hashes[subject])]);
  return [...comments.map((comment) => `# ${comment}`), ['network', ...subjects], ...lines]
    .map((line) => (typeof line === 'string' ? line : line.join(' ')))
    .join('\n')
    .concat('\n');
}

/**
 * @param {string} text
 * @returns {HashFile}
 * @throws Error for what is no file of hashes, with the line.
 */
export function parseHashes(text) {
  const lines = text.split(/\r?\n/).map((line, index) => ({ line: line.trim(), number: index + 1 }));
  const comments = lines.filter(({ line }) => line.startsWith('#')).map(({ line }) => line.slice(1).trim());
  const [head, ...rows] = lines.filter(({ line }) => line !== '' && !line.startsWith('#'));
  const [network, ...subjects] = head?.line.split(/\s+/) ?? [];
  if (network !== 'network' || subjects.length === 0)
    throw new Error(
      `a line with network and the names of subjects expected first, got ${head?.line.slice(0, 40) ?? 'nothing'}`,
    );
  /** @type {Map<number, Hashes>} */
  const networks = new Map();
  for (const { line, number } of rows) {
    const [seed, ...hashes] = line.split(/\s+/);
    const isWhole = hashes.length === subjects.length && hashes.every((hash) => /^(-|[0-9a-f]{16})$/.test(hash));
    if (!/^\d{1,9}$/.test(seed) || !isWhole || networks.has(Number(seed)))
      throw new Error(`line ${number}: a number and ${subjects.length} hashes expected, got ${line.slice(0, 40)}`);
    networks.set(Number(seed), Object.fromEntries(subjects.map((subject, i) => [subject, hashes[i]])));
  }
  if (networks.size === 0) throw new Error('it has no networks');
  return { comments, networks };
}

/**
 * Returns the subjects in which a network differs. Those that only one version of the library has are not compared.
 * @param {Hashes} here
 * @param {Hashes} there
 */
export const differentSubjects = (here, there) =>
  Object.keys(here).filter((subject) => Object.hasOwn(there, subject) && here[subject] !== there[subject]);
