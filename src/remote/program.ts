/** The program of a worker that trains, in a separate file that `fit` imports only when it runs in a worker. */
export { WORKER_PROGRAM } from './program.generated.js';
