import { claim, release } from './claims.js';
import type { Holder } from './claims.js';
import { ValueError } from './errors.js';
import { ignoresLogs } from './epoch-logs.js';
import { FetchPlan } from './fetch-plan.js';
import { checkedStep } from './global-step.js';
import { isPromise } from './maybe-promise.js';
import type { MaybePromise } from './maybe-promise.js';
import { className, describeValue } from './options.js';
import type { Reading } from './reading.js';
import { RunContext } from './run-context.js';
import { RunSession } from './run-session.js';
import type { SaverLike } from './saver.js';
import type {
  Logs,
  Session,
  SessionRunArgs,
  SessionRunContext,
  SessionRunHook,
  SessionRunValues,
} from './session-run-hook.js';
import { setBacking } from './session-host.js';
import type { RunOutput, SessionHost } from './session-host.js';

/**
 * Drives a set of hooks through one run. Every adapter calls it: `begin`, then for each step
 * `beforeStep` and `afterStep`, then `end`; whatever one of these throws, it has called `abort`.
 *
 * A step in which no hook has anything to wait for is not waited for: `beforeStep` and `afterStep`
 * return promises only where there is a reason.
 */
export class HookedSession implements Holder {
  readonly session: Session;
  readonly #hooks: readonly SessionRunHook[];
  /** Of the hooks' classes, for what is wrong with what they ask for. */
  readonly #names: readonly string[];
  readonly #host: SessionHost;
  readonly #run: RunSession;
  readonly #context: SessionRunContext;
  readonly #plan: FetchPlan;
  readonly #onSignal = (): void => {
    this.#run.stop(this.#host.signal?.reason);
    if (this.alive) {
      // Also between steps no further one begins. Where a stop is impossible, the next step says so.
      try {
        this.#host.stop();
      } catch {}
    }
  };
  #output: RunOutput | undefined;
  /** Of how many hooks `begin` was called, and of how many `end`. */
  #begun = 0;
  #ended = 0;
  readonly #savers = new Set<SaverLike>();
  #inStep = false;
  #telling: 'end' | 'abort' | undefined;
  #aborted: Promise<void> | undefined;
  #error: unknown;

  constructor(hooks: readonly SessionRunHook[], host: SessionHost) {
    this.#hooks = hooks;
    this.#names = hooks.map(className);
    this.#host = host;
    this.#run = new RunSession(host);
    this.session = this.#run;
    this.#context = new RunContext(this.#run);
    this.#plan = new FetchPlan(host.globalStep.name);
    setBacking(this.session, {
      host,
      requestStop: (reason) => this.#run.requestStop(reason),
      attach: (output) => {
        this.#output = output;
      },
      settleAtEnd: (saver) => this.#savers.add(saver),
      setGlobalStep: (step) => {
        this.#run.globalStep = checkedStep(step);
      },
    });
  }

  get stopRequested(): boolean {
    return this.#run.stopRequested;
  }

  /** Whether the run is over, in order or not. */
  get over(): boolean {
    return this.#run.isOver;
  }

  /** Whether the `end` or `abort` of a hook is being called: it cannot wait for what waits for it. */
  get isTelling(): boolean {
    return this.#telling !== undefined;
  }

  get alive(): boolean {
    return !this.#run.isOver && this.#host.alive !== false;
  }

  async begin(): Promise<void> {
    try {
      await claim(this.#hooks, this);
    } catch (error) {
      // No hook was called yet, and the host is not used any more.
      this.#finish();
      throw error;
    }
    try {
      this.#watchSignal();
      this.#run.globalStep = checkedStep(await this.#host.globalStep.value);
      for (const hook of this.#hooks) {
        this.#begun += 1;
        await hook.begin?.(this.session);
        this.#assertNotAborted();
      }
      if (this.#host.restore !== undefined) {
        await this.#host.restore(this.session);
        this.#run.globalStep = checkedStep(await this.#host.globalStep.value);
      }
      await this.#output?.start(this.#run.globalStep + 1);
      this.#assertNotAborted();
      for (const hook of this.#hooks) {
        await hook.afterCreateSession?.(this.session);
        this.#assertNotAborted();
      }
    } catch (error) {
      await this.#fail(error);
    }
  }

  async beforeEpoch(epoch: number): Promise<void> {
    this.#assertAlive();
    try {
      for (const hook of this.#hooks) {
        await hook.beforeEpoch?.(this.session, epoch);
        this.#assertNotAborted();
      }
      this.#passStopOn();
    } catch (error) {
      await this.#fail(error);
    }
  }

  /** @param readLogs - Reads the epoch's numbers; called only where a hook wants them. */
  async afterEpoch(epoch: number, readLogs: () => MaybePromise<Logs>): Promise<void> {
    this.#assertAlive();
    try {
      const interested = this.#hooks.filter((hook) => hook.afterEpoch !== undefined);
      const logs = interested.every(ignoresLogs) ? {} : await readLogs();
      for (const hook of interested) {
        this.#assertNotAborted();
        await hook.afterEpoch?.(this.session, epoch, { ...logs });
      }
      this.#assertNotAborted();
      await this.#output?.flush();
      this.#passStopOn();
    } catch (error) {
      await this.#fail(error);
    }
  }

  beforeStep(): MaybePromise<void> {
    this.#assertAlive();
    if (this.#inStep) {
      return this.#fail(new Error('A step begins before the one before it is over.'));
    }
    this.#inStep = true;
    try {
      this.#plan.clear();
      const done = this.#beforeRun(0);
      return isPromise(done) ? done.catch((error: unknown) => this.#fail(error)) : undefined;
    } catch (error) {
      return this.#fail(error);
    }
  }

  /** Counts the step, reads what was asked for, and tells the hooks. */
  afterStep(): MaybePromise<void> {
    if (this.#inStep) {
      // Of the step that was under way when the run was aborted.
      this.#assertNotAborted();
    }
    this.#assertAlive();
    this.#inStep = false;
    try {
      const step = this.#host.countStep();
      const done = isPromise(step)
        ? step.then((value) => this.#afterStep(value))
        : this.#afterStep(step);
      return isPromise(done) ? done.catch((error: unknown) => this.#fail(error)) : undefined;
    } catch (error) {
      return this.#fail(error);
    }
  }

  async end(): Promise<void> {
    this.#assertAlive();
    try {
      for (const hook of this.#hooks) {
        this.#ended += 1;
        await this.#tell('end', () => hook.end?.(this.session));
        this.#assertNotAborted();
      }
      for (const saver of this.#savers) {
        await saver.settle?.(this.session);
      }
      await this.#output?.close();
    } catch (error) {
      await this.#fail(error);
    }
    this.#finish();
  }

  /** Tells the hooks that training failed, once; what they recorded is on disk when it resolves. */
  abort(error: unknown): Promise<void> {
    return this.#abortOnce(error, error);
  }

  abandon(): Promise<void> {
    const error = new Error('Training ended without telling its callbacks so: it failed.');
    return this.#abortOnce(error, goesOn());
  }

  /** @param toDriver - What a call gets that is under way meanwhile. */
  async #abortOnce(error: unknown, toDriver: unknown): Promise<void> {
    if (this.#run.isOver) {
      return;
    }
    if (this.#telling === 'abort') {
      throw new Error('A hook aborts the run that aborts it.');
    }
    if (this.#aborted === undefined) {
      this.#error = toDriver;
      this.#aborted = this.#abort(error);
    }
    await this.#aborted;
  }

  #beforeRun(from: number): MaybePromise<void> {
    for (let i = from; i < this.#hooks.length; i++) {
      this.#assertNotAborted();
      const args = this.#hooks[i]?.beforeRun?.(this.#context);
      if (isPromise(args)) {
        return this.#beforeRunsAfter(i, args);
      }
      this.#ask(i, args);
    }
    this.#assertNotAborted();
  }

  // Apart: a loop whose index a function keeps allocates in every round.
  async #beforeRunsAfter(who: number, args: PromiseLike<SessionRunArgs | void>): Promise<void> {
    this.#ask(who, await args);
    await this.#beforeRun(who + 1);
  }

  #ask(who: number, args: SessionRunArgs | void): void {
    if (args === undefined || args === null) {
      return;
    }
    const owner = this.#names[who] ?? '';
    if (typeof args !== 'object' || Array.isArray(args)) {
      throw new ValueError(
        `${owner}: beforeRun must give an object with 'fetches', or nothing, but gave ` +
          `${describeValue(args)}.`,
      );
    }
    if (args.fetches !== undefined && args.fetches !== null) {
      this.#plan.add(owner, who, args.fetches);
    }
  }

  #afterStep(step: number): MaybePromise<void> {
    this.#run.globalStep = checkedStep(step);
    if (this.#plan.isEmpty) {
      return this.#afterRuns();
    }
    const readings =
      this.#plan.fetches.length === 0 ? [] : this.#host.read(this.#plan.fetches, this.session);
    return isPromise(readings)
      ? readings.then((read) => this.#afterRead(read))
      : this.#afterRead(readings);
  }

  #afterRead(readings: readonly Reading[]): MaybePromise<void> {
    this.#plan.fill(readings, this.#run.globalStep);
    return this.#afterRuns();
  }

  #afterRuns(): MaybePromise<void> {
    const done = this.#afterRun(0);
    return isPromise(done) ? done.then(() => this.#settle()) : this.#settle();
  }

  #afterRun(from: number): MaybePromise<void> {
    for (let i = from; i < this.#hooks.length; i++) {
      const hook = this.#hooks[i];
      this.#assertNotAborted();
      if (hook?.afterRun !== undefined) {
        const results = this.#plan.resultsOf(i);
        const values = results === undefined ? NOTHING : ({ results } as SessionRunValues);
        const done = hook.afterRun(this.#context, values);
        if (isPromise(done)) {
          return this.#afterRunsAfter(i, done);
        }
      }
    }
  }

  async #afterRunsAfter(who: number, done: PromiseLike<void>): Promise<void> {
    await done;
    await this.#afterRun(who + 1);
  }

  #settle(): MaybePromise<void> {
    this.#assertNotAborted();
    this.#passStopOn();
    return this.#output?.flush();
  }

  /** Where the host had no ear for a stop yet (`fit` forgets one that comes before its epochs). */
  #passStopOn(): void {
    if (this.#run.stopRequested) {
      this.#host.stop();
    }
  }

  #watchSignal(): void {
    const { signal } = this.#host;
    if (signal?.aborted === true) {
      this.#onSignal();
    } else {
      signal?.addEventListener('abort', this.#onSignal);
    }
  }

  /** No hook is called behind an abort that comes from outside while others are being called. */
  #assertNotAborted(): void {
    if (this.#aborted !== undefined) {
      throw this.#error;
    }
  }

  async #fail(error: unknown): Promise<never> {
    await this.abort(error);
    throw error;
  }

  async #abort(error: unknown): Promise<void> {
    for (const hook of this.#hooks.slice(this.#ended, this.#begun)) {
      // The first error is the one to report: what goes wrong on the way out would hide it.
      try {
        await this.#tell('abort', () => hook.abort?.(this.session, error));
      } catch {}
    }
    for (const saver of this.#savers) {
      try {
        await saver.settle?.(this.session);
      } catch {}
    }
    try {
      await this.#output?.close();
    } catch {}
    this.#finish();
  }

  #tell(method: 'end' | 'abort', call: () => MaybePromise<void>): MaybePromise<void> {
    this.#telling = method;
    try {
      return call();
    } finally {
      this.#telling = undefined;
    }
  }

  #finish(): void {
    this.#run.isOver = true;
    this.#host.signal?.removeEventListener('abort', this.#onSignal);
    release(this.#hooks, this);
    this.#host.close?.();
  }

  #assertAlive(): void {
    if (this.#run.isOver || this.#aborted !== undefined) {
      throw goesOn();
    }
  }
}

function goesOn(): Error {
  return new Error(
    'This run is over, but its driver goes on: were its hooks used in two runs at once?',
  );
}

const NOTHING: SessionRunValues = Object.freeze({ results: undefined as never });
