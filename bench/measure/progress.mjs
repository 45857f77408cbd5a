/**
 * What a long run says while it lasts: before it starts how long it will take; then at a terminal one line, which is
 * written anew, and into a file or a pipe a line now and then.
 */

/**
 * @typedef {object} Place Where a run is: round 0 of a process is its preparation.
 * @property {number} process from 0
 * @property {number} processes
 * @property {number} round
 * @property {number} rounds
 * @property {string} what the unit that comes next
 * @property {number} share of the estimated time of the run that is over
 */

/** Milliseconds between lines into a file or a pipe, at least. */
const QUIET = 60_000;

/** Share of a run after which what it took counts more than the estimate. */
const KNOWN = 0.05;

/** Returns seconds in words, such as `45 s`, `12 min` or `1 h 24 min`. @param {number} seconds */
export function inWords(seconds) {
  const whole = Math.max(1, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export class Progress {
  #started;
  #spoke;
  #estimate = NaN;
  #isLineOpen = false;

  /**
   * @param {{ write(text: string): unknown, isTTY?: boolean, columns?: number }} stream
   * @param {() => number} [clock] milliseconds
   */
  constructor(stream, clock = () => performance.now()) {
    this.stream = stream;
    this.clock = clock;
    this.#started = this.#spoke = clock();
  }

  /** Says how long a run will take, before its first measurement. @param {{ seconds: number, units: number }} run */
  begin({ seconds, units }) {
    this.#estimate = seconds;
    this.#started = this.#spoke = this.clock();
    this.note(`${units} ${units === 1 ? 'measurement' : 'measurements'}, about ${inWords(seconds)}`);
  }

  /** Says where the run is. @param {Place} place */
  step({ process, processes, round, rounds, what, share }) {
    const now = this.clock();
    const elapsed = (now - this.#started) / 1000;
    const left = share < KNOWN ? this.#estimate * (1 - share) : (elapsed * (1 - share)) / share;
    const at = round === 0 ? 'preparing' : `round ${round} of ${rounds},`;
    const line = `process ${process + 1} of ${processes}, ${at} ${what}, about ${inWords(left)} left`;
    if (this.stream.isTTY === true) {
      this.stream.write(`\r\x1b[K${line.slice(0, (this.stream.columns ?? 80) - 1)}`);
      this.#isLineOpen = true;
    } else if (now - this.#spoke >= QUIET) {
      this.stream.write(`${line}\n`);
      this.#spoke = now;
    }
  }

  /** Says what is to be kept. @param {string} line */
  note(line) {
    this.end();
    this.stream.write(`${line}\n`);
  }

  /** Removes the line. */
  end() {
    if (this.#isLineOpen) this.stream.write('\r\x1b[K');
    this.#isLineOpen = false;
  }
}
