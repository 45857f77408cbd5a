/** The program of a compute worker. It is built to a text that the library carries. */
import { compute } from './compute.js';
import { openPort } from './port.js';
import type { WorkerStart } from './start.js';

openPort((start, port) => compute(start as WorkerStart, port));
