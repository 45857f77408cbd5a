/** What a language has to say: the keys of the English texts, all of them. A test looks for what is missing or empty. */
import type { en } from './en.js';

export type Texts = typeof en;
