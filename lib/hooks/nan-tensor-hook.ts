import { NanLossDuringTrainingError } from '../errors.js';
import { isFetch } from '../fetches.js';
import type { Fetch } from '../fetches.js';
import { boolean, checked } from '../options.js';
import type {
  SessionRunArgs,
  SessionRunContext,
  SessionRunHook,
  SessionRunValues,
} from '../session-run-hook.js';

/** Options of {@link NanTensorHook}. */
export interface NanTensorHookOptions {
  /** What to watch. Default `'loss'`. */
  readonly lossTensor?: Fetch | undefined;
  /** Whether to throw, rather than only to stop. Default `true`. */
  readonly failOnNanLoss?: boolean | undefined;
}

/**
 * Watches the loss, and ends training when it is NaN: by an error, or by a stop.
 *
 * Infinity is not NaN. It reads the loss back in every step.
 *
 * @example
 * ```ts
 * import { NanTensorHook, toCallback } from 'tfjs-hooks';
 *
 * await model.fit(xs, ys, { callbacks: toCallback(new NanTensorHook()) });
 * ```
 *
 * @see https://www.tensorflow.org/api_docs/python/tf/compat/v1/train/NanTensorHook
 */
export class NanTensorHook implements SessionRunHook<Fetch> {
  readonly #args: SessionRunArgs<Fetch>;
  readonly #failOnNanLoss: boolean;

  /** @throws {@link ValueError} On an unknown option, or one that is not of its kind. */
  constructor(options: NanTensorHookOptions = {}) {
    const { lossTensor = 'loss', failOnNanLoss = true } = checked('NanTensorHook', options, {
      lossTensor: (value) => (isFetch(value) ? undefined : 'a fetch'),
      failOnNanLoss: boolean,
    });
    this.#args = { fetches: lossTensor };
    this.#failOnNanLoss = failOnNanLoss;
  }

  beforeRun(): SessionRunArgs<Fetch> {
    return this.#args;
  }

  /** @throws {@link NanLossDuringTrainingError} On NaN, unless `failOnNanLoss` is false. */
  afterRun(
    { session, requestStop }: SessionRunContext,
    { results }: SessionRunValues<Fetch>,
  ): void {
    if (!hasNan(results)) {
      return;
    }
    const message = 'Model diverged with loss = NaN.';
    if (this.#failOnNanLoss) {
      session.logger.error(message);
      throw new NanLossDuringTrainingError();
    }
    session.logger.warn(message);
    requestStop(message);
  }
}

function hasNan(value: unknown): boolean {
  return Array.isArray(value) ? value.some(hasNan) : Number.isNaN(value);
}
