import { CustomCallback, dispose } from '@tensorflow/tfjs';
import type { LayersModel, TensorContainer } from '@tensorflow/tfjs';
import { checked, GlobalStep, HookedSession } from '../../lib/index.js';
import type { Params, SessionRunHook } from '../../lib/index.js';
import { checkedHooks, driverRules, modelRule } from './driver-options.js';
import type { DriverOptions, Hooks } from './driver-options.js';
import { turnEventLoop, Yielder } from './event-loop.js';
import type { YieldEvery } from './event-loop.js';
import { FitHost } from './fit-host.js';
import { isFitting, watchFit } from './fit-watch.js';
import { innerModel } from './models.js';
import type { Metric } from './step-metrics.js';

/** Options of `toCallback` and `callbackList`. */
export interface CallbackOptions extends DriverOptions {
  /**
   * What to save, stop and fetch from. Default: what tfjs hands over, for a `tf.Sequential` its
   * inner model.
   */
  readonly model?: LayersModel | undefined;
  /**
   * How often the event loop gets its turn: `'auto'` (at least every 125 ms), `'batch'`,
   * `'epoch'`, `'never'`, or so many milliseconds. Default `'auto'`.
   */
  readonly yieldEvery?: YieldEvery | undefined;
}

/**
 * Turns hooks into a callback for `model.fit` and `model.fitDataset`.
 *
 * It works alone, anywhere in an array of callback instances, behind a plain object, and where the
 * program holds a second copy of tfjs; in the last two cases tfjs hands no model over, so give the
 * option `model`, or use {@link callbackList}.
 *
 * @param hooks - One hook or an array of hooks, called in this order.
 * @throws {@link ValueError} On anything that is not a hook, and on a wrong option.
 *
 * @example
 * ```ts
 * import { LoggingTensorHook, StopAtStepHook, toCallback } from 'tfjs-hooks';
 *
 * await model.fit(xs, ys, {
 *   epochs: 100,
 *   callbacks: toCallback([
 *     new StopAtStepHook({ lastStep: 2000 }),
 *     new LoggingTensorHook({ tensors: ['loss'], everyNIter: 100 }),
 *   ]),
 * });
 * ```
 */
export function toCallback(hooks: Hooks, options: CallbackOptions = {}): CustomCallback {
  const own = checkedCallbackOptions('toCallback', options);
  return callbackOf(checkedHooks('toCallback', hooks), own);
}

/** @throws {@link ValueError} On a wrong option. */
export function checkedCallbackOptions(owner: string, options: CallbackOptions): CallbackOptions {
  return checked(owner, options, {
    ...driverRules,
    model: modelRule,
    yieldEvery: (value) =>
      ['auto', 'batch', 'epoch', 'never'].includes(value as string) ||
      (typeof value === 'number' && value > 0)
        ? undefined
        : "'auto', 'batch', 'epoch', 'never' or a positive number of milliseconds",
  });
}

/**
 * The callback of hooks. tfjs may take its methods off it and call them from another object (behind
 * a plain object, in a second copy), so they are its own, and bound. And they are no arguments of
 * `CustomCallback`, which would read every metric back on every batch.
 */
export function callbackOf(
  hooks: readonly SessionRunHook[],
  options: CallbackOptions,
): CustomCallback {
  const fits = new Fits(hooks, options);
  return Object.assign(new CustomCallback({}), {
    // Where tfjs wraps this callback into one of its own, that one yields too.
    nextFrameFunc: turnEventLoop,
    setParams: (params: Params) => {
      fits.params = params;
    },
    setModel: (model: LayersModel) => {
      fits.handed = model;
    },
    onTrainBegin: () => fits.begin(),
    onTrainEnd: () => fits.run.end(),
    onEpochBegin: (epoch: number) => fits.run.beforeEpoch(epoch),
    onEpochEnd: (epoch: number, logs?: object) => fits.run.afterEpoch(epoch, logs),
    onBatchBegin: (batch: number, logs?: object) => fits.run.beforeStep(batch, logs),
    onBatchEnd: (batch: number, logs?: object) => fits.run.afterStep(batch, logs),
  });
}

/** One run of the hooks for each `fit` that the callback takes part in. */
class Fits {
  /** What the next `fit` hands over. */
  params: Params | undefined;
  handed: LayersModel | undefined;
  readonly #hooks: readonly SessionRunHook[];
  readonly #options: CallbackOptions;
  readonly #ownStep = new GlobalStep();
  #run: FitRun | undefined;

  constructor(hooks: readonly SessionRunHook[], options: CallbackOptions) {
    this.#hooks = hooks;
    this.#options = options;
  }

  /** The present one. */
  get run(): FitRun {
    if (this.#run === undefined) {
      throw new Error('The callback was called before onTrainBegin.');
    }
    return this.#run;
  }

  async begin(): Promise<void> {
    const { params, handed } = this;
    const host = new FitHost(this, this.#options, params, handed, this.#ownStep);
    const run = new FitRun(host, this.#hooks, this.#options, handed);
    // The next `fit` may hand over neither: behind a plain object it does not.
    this.params = undefined;
    this.handed = undefined;
    await run.begin();
    this.#run = run;
  }
}

/** The hooks in one `fit`. */
class FitRun {
  readonly #host: FitHost;
  readonly #hooked: HookedSession;
  readonly #yielder: Yielder;
  /** The model whose `fit` runs, as far as that is known. */
  readonly #fitting: LayersModel | undefined;
  #unwatch = (): boolean => false;

  constructor(
    host: FitHost,
    hooks: readonly SessionRunHook[],
    options: CallbackOptions,
    handed: LayersModel | undefined,
  ) {
    this.#host = host;
    this.#hooked = new HookedSession(hooks, host);
    this.#yielder = new Yielder(options.yieldEvery);
    this.#fitting = handed ?? (options.model && innerModel(options.model));
  }

  async begin(): Promise<void> {
    if (this.#fitting === undefined || !isFitting(this.#fitting)) {
      // Nothing will tell when this `fit` fails: its hooks are free for the next at any time.
      await this.#hooked.begin();
      this.#host.alive = false;
      return;
    }
    this.#unwatch = watchFit(this.#fitting, () => this.#over());
    await this.#hooked.begin();
  }

  beforeEpoch(epoch: number): Promise<void> {
    this.#host.enterEpoch(epoch);
    return this.#hooked.beforeEpoch(epoch);
  }

  beforeStep(index: number, logs: object | undefined): void | Promise<void> {
    this.#host.enterBatch(index, logs as Readonly<Record<string, unknown>> | undefined);
    return this.#hooked.beforeStep();
  }

  afterStep(index: number, logs: object | undefined): void | Promise<void> {
    this.#host.leaveBatch(index, logs as Readonly<Record<string, unknown>> | undefined);
    const done = this.#hooked.afterStep();
    return done === undefined
      ? this.#settle()
      : done.then(
          () => this.#settle(),
          (error: unknown) => rethrow(error, logs),
        );
  }

  async afterEpoch(epoch: number, logs: object | undefined): Promise<void> {
    const epochLogs = logs as Readonly<Record<string, Metric>> | undefined;
    this.#host.leaveEpoch(epoch, epochLogs, this.#hooked.stopRequested);
    try {
      await this.#hooked.afterEpoch(epoch, () => this.#host.readEpochLogs());
    } catch (error) {
      rethrow(error, logs);
    }
    await this.#yielder.afterEpoch();
  }

  async end(): Promise<void> {
    this.#host.leaveEpochs();
    await this.#hooked.end();
    this.#unwatch();
  }

  #settle(): void | Promise<void> {
    this.#host.metrics.retain();
    return this.#yielder.afterStep(this.#host)?.then(() => {
      // A signal may have come while the event loop turned.
      if (this.#hooked.stopRequested) {
        this.#host.stop();
      }
    });
  }

  /** `fit` is over: if it did not say so, it failed, and tells nobody else. */
  #over(): void {
    this.#host.alive = false;
    this.#host.metrics.clear();
    void this.#hooked.abandon();
  }
}

/** `fit` disposes its logs when a callback returns, not when it throws: then nobody else would. */
function rethrow(error: unknown, logs: object | undefined): never {
  dispose(logs as TensorContainer);
  throw error;
}
