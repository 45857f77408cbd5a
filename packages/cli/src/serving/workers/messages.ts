/** What the thread of the server and those that compute for it say to each other. */
import type { Rows } from '../servables/servable.js';
import type { OutputValues } from '../protocol/response.js';

/** To a worker. */
export type Order =
  | { readonly kind: 'install'; readonly id: number; readonly setup: unknown }
  | { readonly kind: 'remove'; readonly id: number }
  | { readonly kind: 'compute'; readonly job: number; readonly id: number; readonly rows: Rows };

/** From a worker. */
export type Report =
  | { readonly kind: 'installed'; readonly id: number; readonly error?: string }
  | { readonly kind: 'computed'; readonly job: number; readonly values: readonly OutputValues[] }
  | {
      readonly kind: 'failed';
      readonly job: number;
      readonly message: string;
      /** Of an error of the request; none for a fault of the program. */
      readonly status: number | undefined;
    };
