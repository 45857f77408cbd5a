/** The program of a worker that trains: a file of its own, which `fit` loads when it is asked to run in one. */
export { WORKER_PROGRAM } from './program.generated.js';
