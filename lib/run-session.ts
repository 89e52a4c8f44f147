import type { Clock } from './clock.js';
import { FetchPlan } from './fetch-plan.js';
import type { FeedDict, FetchResults, Fetches } from './fetches.js';
import type { Logger } from './logger.js';
import type { Model } from './model.js';
import type { SessionHost } from './session-host.js';
import type { Params, Session } from './session-run-hook.js';
import { interruptible, textOf } from './stop-signal.js';

/** The session that hooks see. */
export class RunSession implements Session {
  globalStep = 0;
  stopRequested = false;
  isOver = false;
  stopReason: string | undefined;
  readonly clock: Clock;
  readonly #host: SessionHost;

  constructor(host: SessionHost) {
    this.#host = host;
    this.clock = interruptible(host.clock, host.signal);
  }

  get globalStepName(): string {
    return this.#host.globalStep.name;
  }

  get epoch(): number | undefined {
    return this.#host.epoch;
  }

  get params(): Params | undefined {
    return this.#host.params;
  }

  get model(): Model | undefined {
    return this.#host.model;
  }

  get logger(): Logger {
    return this.#host.logger;
  }

  stop(reason: unknown): void {
    this.stopRequested = true;
    this.stopReason ??= textOf(reason);
  }

  /** Stops at a hook's word: where that is impossible, the hook hears it then and there. */
  requestStop(reason: string | undefined): void {
    if (this.isOver) {
      // Said too late: by now the model may be in its next run.
      return;
    }
    this.stop(reason);
    this.#host.stop();
  }

  async run<const F extends Fetches>(fetches: F, feedDict?: FeedDict): Promise<FetchResults<F>> {
    const plan = new FetchPlan(this.globalStepName);
    plan.add('session.run', 0, fetches);
    const step = plan.wantsGlobalStep ? await this.#host.globalStep.value : this.globalStep;
    plan.fill(
      plan.fetches.length === 0 ? [] : await this.#host.read(plan.fetches, this, feedDict),
      step,
    );
    return plan.resultsOf(0) as FetchResults<F>;
  }
}
