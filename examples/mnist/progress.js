// Shows how far training has come; and how one writes a hook of one's own.
import cliProgress from 'cli-progress';
import { SecondOrStepTimer } from 'tfjs-hooks';

/** @import { Logger, Session, SessionRunContext, SessionRunHook, SessionRunValues } from 'tfjs-hooks' */

/**
 * Shows how far training has come: a bar on a terminal, a plain line for each tenth elsewhere.
 *
 * Pass its `logger` to the driver, so that the lines of other hooks appear above the bar.
 *
 * @implements {SessionRunHook<typeof FETCHES>}
 */
export class ProgressHook {
  /** @type {Logger} */
  logger = {
    info: (message) => this.#view.log(message),
    warn: (message) => this.#view.log(message),
    error: (message) => this.#view.log(message),
  };

  #lastStep;
  #stepsPerEpoch;
  #view;
  /** @type {SecondOrStepTimer | undefined} Made in `begin`, so that the hook serves several runs. */
  #timer;

  /**
   * @param {object} options
   * @param {number} options.lastStep The step at which training is to end.
   * @param {number} options.stepsPerEpoch
   * @param {NodeJS.WriteStream} [options.stream] Default: standard output.
   */
  constructor({ lastStep, stepsPerEpoch, stream = process.stdout }) {
    this.#lastStep = lastStep;
    this.#stepsPerEpoch = stepsPerEpoch;
    this.#view = stream.isTTY ? new Bar(stream) : new Lines(stream);
  }

  /** @param {Session} session */
  begin({ clock }) {
    this.#timer = new SecondOrStepTimer({ ...this.#view.interval(this.#lastStep), clock });
  }

  /** Only now is the global step restored. @param {Session} session */
  afterCreateSession({ globalStep }) {
    this.#timer?.updateLastTriggeredStep(globalStep);
    this.#view.start(this.#lastStep, globalStep);
  }

  /**
   * Asks for the metrics only where it shows them: what no hook asks for is not read back.
   *
   * @param {SessionRunContext} context
   */
  beforeRun({ session }) {
    const step = session.globalStep + 1;
    const isDue = this.#timer?.shouldTriggerForStep(step) || step >= this.#lastStep;
    return isDue ? { fetches: FETCHES } : undefined;
  }

  /**
   * @param {SessionRunContext} context
   * @param {SessionRunValues<typeof FETCHES>} values
   */
  afterRun({ session }, { results }) {
    if (results === undefined) {
      return;
    }
    const { globalStep } = session;
    this.#timer?.updateLastTriggeredStep(globalStep);
    this.#view.update(globalStep, {
      epoch: `${Math.ceil(globalStep / this.#stepsPerEpoch)}`,
      epochs: `${Math.ceil(this.#lastStep / this.#stepsPerEpoch)}`,
      loss: results.loss.toFixed(4),
      acc: results.acc.toFixed(3),
    });
  }

  end() {
    this.#view.stop();
  }

  /** Instead of `end`, when training has failed. */
  abort() {
    this.#view.stop();
  }
}

const FETCHES = /** @type {const} */ ({ loss: 'loss', acc: 'acc' });

/** @typedef {Readonly<Record<'epoch' | 'epochs' | 'loss' | 'acc', string>>} Numbers */

/** A bar that is redrawn ten times a second; lines of the log appear above it. */
class Bar {
  #bars;
  /** @type {cliProgress.SingleBar | undefined} */
  #bar;

  /** @param {NodeJS.WriteStream} stream */
  constructor(stream) {
    this.#bars = new cliProgress.MultiBar({
      stream,
      format:
        '{bar} {value}/{total} | epoch {epoch}/{epochs} | loss {loss} | acc {acc} | ' +
        '{eta_formatted}',
      // A line of 80 columns has room for all of it.
      barsize: Math.min(40, Math.max(5, stream.columns - 62)),
      barCompleteChar: '\u2588',
      barIncompleteChar: '\u2591',
      etaBuffer: 100,
      // Or else it stays away behind a line of the log until it changes.
      forceRedraw: true,
      // Leaves the terminal as it is, so that nothing has to be put right after a kill.
      linewrap: true,
    });
  }

  interval() {
    return { everySecs: 0.1 };
  }

  /** @param {string} message */
  log(message) {
    if (this.#bar === undefined) {
      console.log(message);
    } else {
      this.#bars.log(`${message}\n`);
    }
  }

  /**
   * @param {number} lastStep
   * @param {number} step
   */
  start(lastStep, step) {
    const numbers = { epoch: '-', epochs: '-', loss: '-', acc: '-' };
    this.#bar = this.#bars.create(lastStep, step, numbers);
  }

  /**
   * @param {number} step
   * @param {Numbers} numbers
   */
  update(step, numbers) {
    this.#bar?.update(step, numbers);
  }

  stop() {
    this.#bars.update();
    this.#bars.stop();
    this.#bar = undefined;
  }
}

/** A line for each tenth of the way. */
class Lines {
  #stream;
  #lastStep = 0;
  #firstStep = 0;
  #startedAt = 0;

  /** @param {NodeJS.WriteStream} stream */
  constructor(stream) {
    this.#stream = stream;
  }

  /** @param {number} lastStep */
  interval(lastStep) {
    return { everySteps: Math.ceil(lastStep / 10) };
  }

  /** @param {string} message */
  log(message) {
    this.#stream.write(`${message}\n`);
  }

  /**
   * @param {number} lastStep
   * @param {number} step
   */
  start(lastStep, step) {
    this.#lastStep = lastStep;
    this.#firstStep = step;
    this.#startedAt = performance.now();
  }

  /**
   * @param {number} step
   * @param {Numbers} numbers
   */
  update(step, { epoch, epochs, loss, acc }) {
    const percentage = Math.floor((100 * step) / this.#lastStep);
    const secs = (performance.now() - this.#startedAt) / 1000;
    const toGo = Math.round((secs / (step - this.#firstStep)) * (this.#lastStep - step));
    this.log(
      `${percentage} % | step ${step}/${this.#lastStep} | epoch ${epoch}/${epochs} | ` +
        `loss ${loss} | acc ${acc} | ${toGo} s to go`,
    );
  }

  stop() {}
}
