import type { Clock } from './clock.js';
import { checked, exactlyOne, objectWith, positiveInteger, seconds } from './options.js';

/** Options of {@link SecondOrStepTimer}: exactly one of `everySecs` and `everySteps`. */
export interface SecondOrStepTimerOptions {
  /** Triggers when so many seconds have passed since the last trigger; 0 at every step. */
  readonly everySecs?: number | undefined;
  /** Triggers when so many steps have passed since the last trigger. */
  readonly everySteps?: number | undefined;
  /** Where time comes from; in a hook, `session.clock`. Default: wall time, in whole milliseconds. */
  readonly clock?: Pick<Clock, 'now'> | undefined;
}

/** What all timers can do. */
export interface StepTimer {
  reset(): void;
  shouldTriggerForStep(step: number): boolean;
  updateLastTriggeredStep(step: number): readonly [number | null, number | null];
  lastTriggeredStep(): number | null;
}

/**
 * Triggers at most once every N seconds or once every N steps.
 *
 * The first step always triggers, and a step triggers only once.
 *
 * @example
 * ```ts
 * import { SecondOrStepTimer } from 'tfjs-hooks';
 *
 * const timer = new SecondOrStepTimer({ everySteps: 100 });
 * for (let step = 1; step <= 500; step++) {
 *   if (timer.shouldTriggerForStep(step)) {
 *     const [elapsedSecs, elapsedSteps] = timer.updateLastTriggeredStep(step);
 *     console.log(step, elapsedSecs, elapsedSteps);
 *   }
 * }
 * ```
 *
 * @see https://www.tensorflow.org/api_docs/python/tf/compat/v1/train/SecondOrStepTimer
 */
export class SecondOrStepTimer implements StepTimer {
  readonly #everySecs: number | undefined;
  readonly #everySteps: number | undefined;
  readonly #clock: Pick<Clock, 'now'>;
  #lastStep: number | null = null;
  #lastTime = 0;

  /** @throws {@link ValueError} Unless exactly one of the two intervals is given, of its kind. */
  constructor(options: SecondOrStepTimerOptions) {
    const { everySecs, everySteps, clock } = checked('SecondOrStepTimer', options, {
      everySecs: seconds,
      everySteps: positiveInteger,
      clock: objectWith('now'),
    });
    exactlyOne('SecondOrStepTimer', { everySecs, everySteps }, 'everySecs', 'everySteps');
    this.#everySecs = everySecs;
    this.#everySteps = everySteps;
    this.#clock = clock ?? WALL_CLOCK;
  }

  /** Forgets the last trigger: the next step triggers. */
  reset(): void {
    this.#lastStep = null;
  }

  /** Whether the timer should trigger at this step. Changes nothing. */
  shouldTriggerForStep(step: number): boolean {
    if (this.#lastStep === null) {
      return true;
    }
    if (this.#lastStep === step) {
      return false;
    }
    if (this.#everySecs !== undefined) {
      return this.#clock.now() >= this.#lastTime + this.#everySecs;
    }
    return step >= this.#lastStep + (this.#everySteps ?? 0);
  }

  /**
   * Notes that the step triggered.
   *
   * @returns Seconds and steps since the trigger before, `null`s where there was none.
   */
  updateLastTriggeredStep(step: number): readonly [number | null, number | null] {
    const now = this.#clock.now();
    const elapsed: readonly [number | null, number | null] =
      this.#lastStep === null ? [null, null] : [now - this.#lastTime, step - this.#lastStep];
    this.#lastTime = now;
    this.#lastStep = step;
    return elapsed;
  }

  /** The step of the last trigger, `null` before the first. */
  lastTriggeredStep(): number | null {
    return this.#lastStep;
  }
}

/** Never triggers: for a hook that acts at the end alone. */
export const NEVER: StepTimer = {
  reset: () => {},
  shouldTriggerForStep: () => false,
  updateLastTriggeredStep: () => [null, null],
  lastTriggeredStep: () => null,
};

const WALL_CLOCK = { now: (): number => Date.now() / 1000 };
