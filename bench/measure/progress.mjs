/**
 * What a long run says while it lasts: at a terminal one line, which is written anew, with the time that is left; into
 * a file or a pipe only how long it will take, once that is known.
 */

/**
 * @typedef {object} Place Where a run is: round 0 of a process is its preparation.
 * @property {number} process from 0
 * @property {number} processes
 * @property {number} round
 * @property {number} rounds
 * @property {string} [what] the unit that is prepared
 */

/** @param {number} seconds */
function inWords(seconds) {
  const whole = Math.max(1, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/**
 * Returns the seconds that are left, from those that were needed so far. A preparation counts as one round: it runs
 * each unit once, untimed.
 *
 * @param {Place} place
 * @param {number} elapsed
 */
function secondsLeft({ process, processes, round, rounds }, elapsed) {
  const done = process * (rounds + 1) + round;
  return done === 0 ? undefined : (elapsed * (processes * (rounds + 1) - done)) / done;
}

export class Progress {
  #started;
  #isAnnounced = false;
  #isLineOpen = false;

  /**
   * @param {{ write(text: string): unknown, isTTY?: boolean, columns?: number }} stream
   * @param {() => number} [clock] milliseconds
   */
  constructor(stream, clock = () => performance.now()) {
    this.stream = stream;
    this.clock = clock;
    this.#started = clock();
  }

  /** Says where the run is. @param {Place} place */
  step(place) {
    const left = secondsLeft(place, (this.clock() - this.#started) / 1000);
    const { process, processes, round, rounds, what } = place;
    if (this.stream.isTTY === true) {
      const at = round === 0 ? `preparing ${what ?? ''}` : `round ${round} of ${rounds}`;
      const rest = left === undefined ? '' : `, about ${inWords(left)} left`;
      const line = `process ${process + 1} of ${processes}, ${at}${rest}`;
      this.stream.write(`\r\x1b[K${line.slice(0, (this.stream.columns ?? 80) - 1)}`);
      this.#isLineOpen = true;
    } else if (left !== undefined && !this.#isAnnounced) {
      this.stream.write(`about ${inWords(left)} left\n`);
      this.#isAnnounced = true;
    }
  }

  /** Says what is to be kept. @param {string} line */
  note(line) {
    this.end();
    this.stream.write(`${line}\n`);
  }

  /** Starts to count anew: what follows is another run. */
  restart() {
    this.end();
    this.#started = this.clock();
    this.#isAnnounced = false;
  }

  /** Removes the line. */
  end() {
    if (this.#isLineOpen) this.stream.write('\r\x1b[K');
    this.#isLineOpen = false;
  }
}
