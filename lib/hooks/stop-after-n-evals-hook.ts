import { ValueError } from '../errors.js';
import { boolean, checked, nullable, positiveInteger } from '../options.js';
import type { SessionRunContext, SessionRunHook } from '../session-run-hook.js';

/** Options of {@link StopAfterNEvalsHook}. */
export interface StopAfterNEvalsHookOptions {
  /** How many batches to evaluate; `null`: until the data ends. */
  readonly numEvals: number | null;
  /** Whether to log progress. From 20 batches on, only every tenth part. Default `true`. */
  readonly logProgress?: boolean | undefined;
}

/**
 * Requests a stop when so many batches were evaluated, and logs progress.
 *
 * @example
 * ```ts
 * import { evaluate, StopAfterNEvalsHook } from 'tfjs-hooks';
 *
 * const logs = await evaluate(model, [xs, ys], {
 *   hooks: new StopAfterNEvalsHook({ numEvals: 10 }),
 * });
 * ```
 *
 * @see https://github.com/tensorflow/tensorflow/blob/v2.21.0/tensorflow/python/training/evaluation.py
 */
export class StopAfterNEvalsHook implements SessionRunHook {
  readonly #numEvals: number | null;
  readonly #logProgress: boolean;
  readonly #logFrequency: number;
  #completed = 0;

  /** @throws {@link ValueError} Unless `numEvals` is a positive integer or `null`. */
  constructor(options: StopAfterNEvalsHookOptions) {
    const { numEvals, logProgress = true } = checked('StopAfterNEvalsHook', options, {
      numEvals: nullable(positiveInteger),
      logProgress: boolean,
    });
    if (numEvals === undefined) {
      throw new ValueError(
        "StopAfterNEvalsHook: 'numEvals' must be given; null evaluates until the data ends.",
      );
    }
    this.#numEvals = numEvals;
    this.#logProgress = logProgress;
    this.#logFrequency = numEvals === null || numEvals < 20 ? 1 : Math.floor(numEvals / 10);
  }

  begin(): void {
    this.#completed = 0;
  }

  afterRun({ session, requestStop }: SessionRunContext): void {
    this.#completed += 1;
    const completed = this.#completed;
    const total = this.#numEvals;
    if (this.#logProgress && (completed % this.#logFrequency === 0 || completed === total)) {
      session.logger.info(`Evaluation [${completed}${total === null ? '' : `/${total}`}]`);
    }
    if (total !== null && completed >= total) {
      requestStop(`StopAfterNEvalsHook: ${total} batches are evaluated.`);
    }
  }
}
