import { formatG } from '../format.js';
import type { MaybePromise } from '../maybe-promise.js';
import {
  checked,
  exactlyOne,
  nonEmptyString,
  nullable,
  objectWith,
  positiveInteger,
  seconds,
} from '../options.js';
import type { Session, SessionRunContext, SessionRunHook } from '../session-run-hook.js';
import type { SummaryWriter } from '../summary-writer.js';
import { writerOf } from '../summary-writers.js';
import type { WriterOptions } from '../summary-writers.js';
import { SecondOrStepTimer } from '../timer.js';

/** Options of {@link StepCounterHook}: at most one of `everyNSteps` and `everyNSecs`. */
export interface StepCounterHookOptions {
  /** Reports every so many steps. Default 100, without `everyNSecs`. */
  readonly everyNSteps?: number | null | undefined;
  /** Reports every so many seconds. */
  readonly everyNSecs?: number | undefined;
  /** The directory of the event file to write to. Default: none is written. */
  readonly outputDir?: string | undefined;
  /** Where to write instead; never closed by the hook. */
  readonly summaryWriter?: SummaryWriter | undefined;
}

/**
 * Counts steps per second: logs them, and writes them as the summary `global_step/sec`.
 *
 * Nothing is reported for an interval in which no time passed.
 *
 * @example
 * ```ts
 * import { StepCounterHook, toCallback } from 'tfjs-hooks';
 *
 * await model.fit(xs, ys, {
 *   callbacks: toCallback(new StepCounterHook({ everyNSteps: 50, outputDir: 'run' })),
 * });
 * ```
 *
 * @see https://www.tensorflow.org/api_docs/python/tf/compat/v1/train/StepCounterHook
 */
export class StepCounterHook implements SessionRunHook {
  readonly #everySteps: number | undefined;
  readonly #everySecs: number | undefined;
  readonly #output: WriterOptions;
  #timer: SecondOrStepTimer | undefined;
  #writer: SummaryWriter | undefined;
  #tag = '';
  #stepBefore = Number.NaN;
  #previousStepBefore = Number.NaN;
  #warnings = 0;

  /** @throws {@link ValueError} If both intervals are given, or an option is not of its kind. */
  constructor(options: StepCounterHookOptions = {}) {
    const own = checked('StepCounterHook', options, {
      everyNSteps: nullable(positiveInteger),
      everyNSecs: seconds,
      outputDir: nonEmptyString,
      summaryWriter: objectWith('scalar', 'flush'),
    });
    const everyNSecs = own.everyNSecs;
    const everyNSteps = own.everyNSteps ?? undefined;
    const steps = own.everyNSteps === undefined && everyNSecs === undefined ? 100 : everyNSteps;
    exactlyOne('StepCounterHook', { everyNSteps: steps, everyNSecs }, 'everyNSteps', 'everyNSecs');
    this.#everySteps = steps;
    this.#everySecs = everyNSecs;
    this.#output = own;
  }

  begin(session: Session): void {
    this.#timer = new SecondOrStepTimer({
      everySteps: this.#everySteps,
      everySecs: this.#everySecs,
      clock: session.clock,
    });
    this.#writer = writerOf('StepCounterHook', session, this.#output);
    this.#tag = `${session.globalStepName}/sec`;
    this.#previousStepBefore = Number.NaN;
    this.#warnings = 0;
  }

  beforeRun({ session }: SessionRunContext): undefined {
    this.#stepBefore = session.globalStep;
  }

  afterRun({ session }: SessionRunContext): MaybePromise<void> {
    const written = this.#report(session);
    this.#warnIfStalled(session);
    return written;
  }

  async end(): Promise<void> {
    await this.#output.summaryWriter?.flush();
  }

  async abort(): Promise<void> {
    await this.#output.summaryWriter?.flush();
  }

  #report(session: Session): MaybePromise<void> {
    const step = session.globalStep;
    if (this.#timer?.shouldTriggerForStep(step) === true) {
      const [elapsedSecs, elapsedSteps] = this.#timer.updateLastTriggeredStep(step);
      if (elapsedSecs !== null && elapsedSteps !== null && elapsedSecs > 0) {
        const rate = elapsedSteps / elapsedSecs;
        session.logger.info(`${this.#tag}: ${formatG(rate)}`);
        return this.#writer?.scalar(this.#tag, rate, step);
      }
    }
  }

  /** Some counters do not move with every step, by design: five lines say so, no more. */
  #warnIfStalled({ logger }: Session): void {
    if (this.#stepBefore === this.#previousStepBefore && this.#warnings < 5) {
      this.#warnings += 1;
      logger.warn(
        `It seems that global step (tf.train.get_global_step) has not been increased. Current ` +
          `value (could be stable): ${this.#stepBefore} vs previous value: ` +
          `${this.#previousStepBefore}. A driver increments the counter of its option ` +
          `'globalStep' once a step.`,
      );
    }
    this.#previousStepBefore = this.#stepBefore;
  }
}
