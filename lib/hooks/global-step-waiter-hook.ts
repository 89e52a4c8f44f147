import { checked, integer, required } from '../options.js';
import { hostOf } from '../session-host.js';
import type { Session, SessionRunContext, SessionRunHook } from '../session-run-hook.js';

/** Options of {@link GlobalStepWaiterHook}. */
export interface GlobalStepWaiterHookOptions {
  /** The global step to wait for, any integer; 0 or less waits for nothing. */
  readonly waitUntilStep: number;
}

/**
 * Delays the first step until the global step has come to a given value.
 *
 * It serves to start workers one after another that share a counter, by the driver's option
 * `globalStep`. It looks twice a second; a stop requested by a signal ends the wait at once.
 *
 * @example
 * ```ts
 * import { GlobalStepWaiterHook } from 'tfjs-hooks';
 *
 * const workerIndex = 3;
 * const hook = new GlobalStepWaiterHook({
 *   waitUntilStep: Math.floor(1000 * Math.log(workerIndex + 1)),
 * });
 * ```
 *
 * @see https://www.tensorflow.org/api_docs/python/tf/compat/v1/train/GlobalStepWaiterHook
 */
export class GlobalStepWaiterHook implements SessionRunHook {
  readonly #waitUntilStep: number;
  #started = false;

  /** @throws {@link ValueError} Unless `waitUntilStep` is an integer. */
  constructor(options: GlobalStepWaiterHookOptions) {
    const own = checked('GlobalStepWaiterHook', options, { waitUntilStep: integer });
    required('GlobalStepWaiterHook', own, 'waitUntilStep');
    this.#waitUntilStep = own.waitUntilStep;
  }

  begin(): void {
    this.#started = this.#waitUntilStep <= 0;
  }

  beforeRun({ session }: SessionRunContext): Promise<void> | undefined {
    if (this.#started) {
      return undefined;
    }
    this.#started = true;
    return this.#wait(session);
  }

  async #wait(session: Session): Promise<void> {
    const { clock, globalStepName, logger } = session;
    const host = hostOf('GlobalStepWaiterHook', session);
    const waiting = `Waiting for global step ${this.#waitUntilStep} before starting training.`;
    logger.info(waiting);
    let lastLogged = 0;
    // As TensorFlow's, it waits on when another hook has asked to stop: only a signal is urgent.
    while (host.signal?.aborted !== true) {
      const step = Number(await session.run(globalStepName));
      if (step >= this.#waitUntilStep) {
        return;
      }
      if (step - lastLogged > 1000) {
        logger.info(`${waiting} Current step is ${step}.`);
        lastLogged = step;
      }
      await clock.sleep(0.5);
    }
  }
}
