import { mapFetches } from '../fetches.js';
import type { FeedDict, FetchResults, Fetches } from '../fetches.js';
import { checked, isObject, nullable, required } from '../options.js';
import { isReadable } from '../session-host.js';
import type { Session, SessionRunHook } from '../session-run-hook.js';

/** Options of {@link FinalOpsHook}. */
export interface FinalOpsHookOptions<F extends Fetches> {
  /** What to read at the end; `null` reads nothing. */
  readonly finalOps: F | null;
  /** Values for the inputs of the symbolic tensors among them, by input name. Default: none. */
  readonly finalOpsFeedDict?: FeedDict | undefined;
}

/**
 * Reads values when training has ended in order.
 *
 * The name of a metric gives its value in the last step. Where a metric is among the fetches and the
 * run made no step, nothing is read.
 *
 * @example
 * ```ts
 * import { FinalOpsHook, toCallback } from 'tfjs-hooks';
 *
 * const final = new FinalOpsHook({ finalOps: { loss: 'loss', step: 'global_step' } });
 * await model.fit(xs, ys, { callbacks: toCallback(final) });
 * console.log(final.finalOpsValues?.loss);
 * ```
 *
 * @see https://www.tensorflow.org/api_docs/python/tf/compat/v1/train/FinalOpsHook
 */
export class FinalOpsHook<const F extends Fetches> implements SessionRunHook {
  readonly #finalOps: F | null;
  readonly #feedDict: FeedDict | undefined;
  #values: FetchResults<F> | null = null;

  /** @throws {@link ValueError} If `finalOps` is missing or holds anything that is no fetch. */
  constructor(options: FinalOpsHookOptions<F>) {
    const own = checked('FinalOpsHook', options as FinalOpsHookOptions<Fetches>, {
      finalOps: nullable(() => undefined),
      finalOpsFeedDict: (value) => (isObject(value) ? undefined : 'a record by input name'),
    });
    required('FinalOpsHook', own, 'finalOps');
    this.#finalOps =
      own.finalOps === null
        ? null
        : (mapFetches("FinalOpsHook: 'finalOps'", own.finalOps, (fetch) => fetch) as F);
    this.#feedDict = own.finalOpsFeedDict;
  }

  /**
   * What was read, in the structure of `finalOps`; `null` before the end, after a failure, and where
   * a metric is among them and the run made no step.
   */
  get finalOpsValues(): FetchResults<F> | null {
    return this.#values;
  }

  begin(): void {
    this.#values = null;
  }

  async end(session: Session): Promise<void> {
    if (this.#finalOps !== null && isReadable('FinalOpsHook', session, this.#finalOps)) {
      this.#values = await session.run<F>(this.#finalOps, this.#feedDict);
    }
  }
}
