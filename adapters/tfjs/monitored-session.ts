import { dispose, tensor_util } from '@tensorflow/tfjs';
import type {
  LayersModel,
  Optimizer,
  Scalar,
  Tensor,
  TensorContainer,
  Variable,
} from '@tensorflow/tfjs';
import { trainingState } from '#checkpoints';
import {
  checked,
  describeValue,
  HookedSession,
  isObject,
  isRecord,
  isTensor,
  isVariable,
  ValueError,
} from '../../lib/index.js';
import type { Logs, MaybePromise, Session, TrainingState } from '../../lib/index.js';
import { checkedHooks, driverRules, modelRule } from './driver-options.js';
import type { DriverOptions, Hooks } from './driver-options.js';
import { Yielder } from './event-loop.js';
import { LoopHost } from './loop-host.js';
import { metricNamesOf } from './models.js';

/** Options of {@link MonitoredSession}. */
export interface MonitoredSessionOptions extends DriverOptions {
  /** One hook or an array of hooks. */
  readonly hooks: Hooks;
  /** What to save and fetch from, and whose global step counts. Default: none. */
  readonly model?: LayersModel | undefined;
  /** What to save of the optimizer. Default: the model's. */
  readonly optimizer?: Optimizer | undefined;
  /** What to save where there is no model, by position. Default: none. */
  readonly variables?: readonly Variable[] | undefined;
}

/** What a step may give: its metrics, or the loss alone, or numbers by `model.metricsNames`. */
export type StepResult =
  | Readonly<Record<string, number | Tensor>>
  | Scalar
  | number
  | readonly (number | Tensor)[]
  | null
  | undefined
  | void;

/**
 * Drives hooks through a loop of your own: `optimizer.minimize`, `trainOnBatch`, GANs,
 * reinforcement learning.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { LoggingTensorHook, MonitoredSession, StopAtStepHook } from 'tfjs-hooks';
 *
 * const x = tf.variable(tf.scalar(5));
 * const optimizer = tf.train.sgd(0.1);
 * const session = new MonitoredSession({
 *   hooks: [
 *     new StopAtStepHook({ lastStep: 100 }),
 *     new LoggingTensorHook({ tensors: ['loss'], everyNIter: 10 }),
 *   ],
 *   variables: [x],
 *   optimizer,
 * });
 * await session.begin();
 * while (!session.shouldStop) {
 *   await session.run(() => optimizer.minimize(() => x.square(), true));
 * }
 * await session.close();
 * ```
 *
 * @see https://www.tensorflow.org/api_docs/python/tf/compat/v1/train/MonitoredSession
 */
export class MonitoredSession {
  readonly #host: MonitoredHost;
  readonly #hooked: HookedSession;
  readonly #yielder = new Yielder();
  #phase: 'new' | 'beginning' | 'ready' | 'running' | 'over' = 'new';
  #closing: Promise<void> | undefined;
  #batch = 0;

  /** @throws {@link ValueError} On anything that is not a hook, and on a wrong option. */
  constructor(options: MonitoredSessionOptions) {
    const own = checked('MonitoredSession', options, {
      ...driverRules,
      hooks: () => undefined,
      model: modelRule,
      optimizer: (value) =>
        isObject(value) && typeof value['applyGradients'] === 'function'
          ? undefined
          : 'a tf.Optimizer',
      variables: (value) =>
        Array.isArray(value) && value.every(isVariable)
          ? undefined
          : 'an array of tf.Variables (of a model, its getWeights())',
    });
    this.#host = new MonitoredHost(own);
    this.#hooked = new HookedSession(checkedHooks('MonitoredSession', own.hooks), this.#host);
  }

  /** What the hooks see. */
  get session(): Session {
    return this.#hooked.session;
  }

  /** Whether a hook or the signal asked to stop, or the session is over. */
  get shouldStop(): boolean {
    return this.#hooked.stopRequested || this.#phase === 'over';
  }

  /** Steps completed, as of this process's last step. */
  get globalStep(): number {
    return this.session.globalStep;
  }

  /** Begins the hooks, and restores where asked. To be called once, before the first step. */
  async begin(): Promise<void> {
    if (this.#phase !== 'new') {
      throw new Error('MonitoredSession: begin() was called before; make a new session.');
    }
    this.#phase = 'beginning';
    await this.#guarded(() => this.#hooked.begin());
    this.#phase = 'ready';
  }

  /**
   * Runs a step and its hooks. Tensors that the step gives are disposed.
   *
   * @returns The step's metrics, as numbers.
   * @throws What the step or a hook throws; the session is over then.
   */
  async run(step: () => StepResult | Promise<StepResult>): Promise<Logs> {
    this.#assertReady();
    if (typeof step !== 'function') {
      throw new ValueError(
        `MonitoredSession: run() takes a function, but got ${describeValue(step)}.`,
      );
    }
    this.#phase = 'running';
    const logs = await this.#guarded(async () => {
      this.#host.enterBatch({ index: this.#batch });
      this.#batch += 1;
      await this.#hooked.beforeStep();
      const result = await step();
      try {
        const metrics = await numbersOf(result, this.#host);
        this.#host.metrics.enter(metrics);
        await this.#hooked.afterStep();
        return metrics;
      } finally {
        dispose(ownTensorsOf(result));
      }
    });
    await this.#yielder.afterStep(this.#host);
    // Unless it was aborted meanwhile.
    if (this.#phase === 'running') {
      this.#phase = 'ready';
    }
    return logs;
  }

  /** Ends the hooks in order. Does nothing where there is nothing to end. */
  async close(): Promise<void> {
    if (this.#phase === 'running' || this.#phase === 'beginning') {
      throw new Error('MonitoredSession: close() was called while a step is under way.');
    }
    if (this.#hooked.isTelling) {
      throw new Error('MonitoredSession: close() was called by a hook that is being ended.');
    }
    if (this.#phase === 'ready') {
      this.#closing = this.#guarded(() => this.#hooked.end()).finally(() => {
        this.#closing = undefined;
      });
    }
    this.#phase = 'over';
    await this.#closing;
  }

  /** Ends the hooks by their `abort`. Does nothing where there is nothing to end. */
  async abort(error: unknown): Promise<void> {
    if (this.#phase !== 'new') {
      await this.#hooked.abort(error);
    }
    this.#phase = 'over';
  }

  /** Whatever throws ends the session. */
  async #guarded<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      await this.#hooked.abort(error);
      this.#phase = 'over';
      throw error;
    }
  }

  #assertReady(): void {
    if (this.#phase === 'new' || this.#phase === 'beginning') {
      throw new Error('MonitoredSession: call begin(), and wait for it, before run().');
    }
    if (this.#phase === 'running') {
      throw new Error('MonitoredSession: run() was called while a step is under way.');
    }
    if (this.#phase === 'over') {
      throw new Error('MonitoredSession: run() was called when the session was over.');
    }
    if (this.shouldStop) {
      throw new Error('MonitoredSession: run() was called after a stop was requested.');
    }
  }
}

class MonitoredHost extends LoopHost {
  readonly #options: MonitoredSessionOptions;

  constructor(options: MonitoredSessionOptions) {
    super(options, options.model);
    this.#options = options;
  }

  countStep(): MaybePromise<number> {
    return this.globalStep.increment();
  }

  protected override hint(name: string): string {
    return name === 'loss' && this.metricNames().length === 0
      ? ' The step gave no metrics: optimizer.minimize(f, true) gives the loss.'
      : '';
  }

  trainingState(): TrainingState {
    const { model, variables } = this.#options;
    if (model === undefined && variables === undefined) {
      throw new ValueError(
        "MonitoredSession: a checkpoint needs the option 'model', or else 'variables'.",
      );
    }
    return trainingState(this.#options);
  }
}

/** A step's metrics as numbers. */
async function numbersOf(result: StepResult, { layersModel }: MonitoredHost): Promise<Logs> {
  const named = namedOf(result, layersModel && metricNamesOf(layersModel));
  const values = named.map(async ([name, value]) => [name, await numberOf(name, value)] as const);
  return Object.fromEntries(await Promise.all(values));
}

function namedOf(
  result: StepResult,
  metricsNames: readonly string[] | undefined,
): readonly (readonly [string, unknown])[] {
  if (result === null || result === undefined) {
    return [];
  }
  if (typeof result === 'number' || isTensor(result)) {
    return [['loss', result]];
  }
  if (Array.isArray(result) || ArrayBuffer.isView(result)) {
    const values = [...(result as unknown as Iterable<unknown>)];
    if (metricsNames?.length !== values.length) {
      throw new ValueError(
        `MonitoredSession: a step gave an array of length ${values.length}, ` +
          (metricsNames === undefined
            ? "but the names of its numbers need the option 'model'."
            : `but the model has these metrics: ${metricsNames.join(', ')}.`),
      );
    }
    return values.map((value, i) => [metricsNames[i] as string, value] as const);
  }
  if (isRecord(result)) {
    return Object.entries(result);
  }
  throw new ValueError(
    `MonitoredSession: a step gives numbers or scalars by name, one of them, an array or nothing, ` +
      `but it gave ${describeValue(result)}.`,
  );
}

async function numberOf(name: string, value: unknown): Promise<number> {
  if (typeof value === 'number') {
    return value;
  }
  if (isTensor(value) && value.dtype !== 'string' && (value as unknown as Tensor).size === 1) {
    return (await (value as unknown as Tensor).data())[0] as number;
  }
  throw new ValueError(
    `MonitoredSession: the metric '${name}' of a step must be a number or a scalar, but is ` +
      `${isTensor(value) ? `a ${value.dtype} tensor of shape [${value.shape.join()}]` : describeValue(value)}.`,
  );
}

/** The tensors that a step gave; a variable stays its owner's. */
function ownTensorsOf(result: unknown): Tensor[] {
  return tensor_util
    .getTensorsInContainer(result as TensorContainer)
    .filter((one) => !isVariable(one));
}
