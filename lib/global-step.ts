import { ValueError } from './errors.js';
import type { MaybePromise } from './maybe-promise.js';
import { check, describeValue, nonEmptyString, nonNegativeInteger } from './options.js';

/**
 * The counter of steps, as drivers see it. Anything of this shape will do: a counter that several
 * workers share answers with promises.
 */
export interface GlobalStepLike {
  /** What fetches and log lines call it. */
  readonly name: string;
  /** Steps counted so far. */
  readonly value: MaybePromise<number>;
  /** Counts `by` steps (default 1) and gives the new value. */
  increment(by?: number): MaybePromise<number>;
  /** Goes on from a checkpoint; a counter that others share never goes back. */
  restore?(step: number): MaybePromise<void>;
}

/**
 * A counter of steps in this process.
 *
 * Drivers have one for each model; make your own to start elsewhere, to give it a name, or to let
 * several models count together.
 *
 * @example
 * ```ts
 * import { GlobalStep } from 'tfjs-hooks';
 *
 * const globalStep = new GlobalStep(1000, 'my_step');
 * globalStep.increment();
 * console.log(globalStep.value); // 1001
 * ```
 *
 * @see https://www.tensorflow.org/api_docs/python/tf/compat/v1/train/get_or_create_global_step
 */
export class GlobalStep implements GlobalStepLike {
  readonly name: string;
  #value: number;

  /**
   * @param initial - Steps already done, a non-negative integer. Default 0.
   * @param name - Default `'global_step'`.
   * @throws {@link ValueError} If `initial` or `name` is not of its kind.
   */
  constructor(initial: number = 0, name: string = 'global_step') {
    check('GlobalStep', 'name', name, nonEmptyString);
    this.name = name;
    this.#value = countOf('initial', initial);
  }

  get value(): number {
    return this.#value;
  }

  increment(by: number = 1): number {
    this.#value += countOf('by', by);
    return this.#value;
  }

  restore(step: number): void {
    this.#value = countOf('step', step);
  }
}

function countOf(option: string, value: number): number {
  check('GlobalStep', option, value, nonNegativeInteger);
  return value;
}

/** A counter may be the user's: what it gives names checkpoints and places summaries. */
export function checkedStep(step: number): number {
  const wanted = nonNegativeInteger(step);
  if (wanted !== undefined) {
    throw new ValueError(`The global step must be ${wanted}, but is ${describeValue(step)}.`);
  }
  return step;
}
