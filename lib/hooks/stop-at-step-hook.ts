import { checked, exactlyOne, positiveInteger } from '../options.js';
import type { Session, SessionRunContext, SessionRunHook } from '../session-run-hook.js';

/** Options of {@link StopAtStepHook}: exactly one of the two. */
export type StopAtStepHookOptions =
  | {
      /** How many steps to run, counted from where the run begins. */
      readonly numSteps: number;
      readonly lastStep?: undefined;
    }
  | {
      readonly numSteps?: undefined;
      /** The global step after which to stop. */
      readonly lastStep: number;
    };

/**
 * Requests a stop at a given step.
 *
 * It looks only after a step, as TensorFlow's does: a run that begins at or past `lastStep` still
 * takes one step. The target of `numSteps` is set anew in every run.
 *
 * @example
 * ```ts
 * import { StopAtStepHook, toCallback } from 'tfjs-hooks';
 *
 * await model.fit(xs, ys, {
 *   epochs: 100,
 *   callbacks: toCallback([new StopAtStepHook({ numSteps: 500 })]),
 * });
 * ```
 *
 * @see https://www.tensorflow.org/api_docs/python/tf/compat/v1/train/StopAtStepHook
 */
export class StopAtStepHook implements SessionRunHook {
  readonly #options: Given;
  #lastStep = Infinity;

  /** @throws {@link ValueError} Unless exactly one option is given, a positive integer. */
  constructor(options: StopAtStepHookOptions) {
    this.#options = checked<Given>('StopAtStepHook', options, {
      numSteps: positiveInteger,
      lastStep: positiveInteger,
    });
    exactlyOne('StopAtStepHook', this.#options, 'numSteps', 'lastStep');
  }

  afterCreateSession(session: Session): void {
    const { numSteps = 0, lastStep } = this.#options;
    this.#lastStep = lastStep ?? session.globalStep + numSteps;
  }

  afterRun({ session, requestStop }: SessionRunContext): void {
    if (session.globalStep >= this.#lastStep) {
      requestStop(`StopAtStepHook: step ${this.#lastStep} is reached.`);
    }
  }
}

interface Given {
  readonly numSteps?: number | undefined;
  readonly lastStep?: number | undefined;
}
