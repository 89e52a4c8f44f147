import type { LayersModel } from '@tensorflow/tfjs';
import { hostOf, requestStop } from '../../lib/index.js';
import type { Logs, Session, SessionRunContext, SessionRunHook } from '../../lib/index.js';
import { guestOf, handModel, readsBatches } from './guest.js';
import type { AnyCallback, Guest, StandIn } from './guest.js';
import { ensureStopFlag } from './models.js';
import { TfjsHost } from './tfjs-host.js';

/**
 * Wraps a callback of tfjs as a hook, for any driver.
 *
 * It gets all that `fit` would give it, with numbers in its logs; its `model.stopTraining = true`
 * stops the run. Where there is no model it gets a stand-in with `stopTraining`.
 *
 * @param callback - A `tf.Callback`, a `tf.CustomCallback`, or the arguments of one: what
 *   `tf.callbacks.earlyStopping`, `tf.node.tensorBoard` and `tfvis.show.fitCallbacks` give.
 * @throws {@link ValueError} On anything that `fit` would not take.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { StopAtStepHook, toCallback, toHook } from 'tfjs-hooks';
 *
 * await model.fit(xs, ys, {
 *   epochs: 100,
 *   validationSplit: 0.2,
 *   callbacks: toCallback([
 *     new StopAtStepHook({ lastStep: 2000 }),
 *     toHook(tf.callbacks.earlyStopping({ monitor: 'val_loss', patience: 5 })),
 *   ]),
 * });
 * ```
 */
export function toHook(callback: AnyCallback): SessionRunHook {
  return new CallbackHook(callback);
}

/** A callback in the place of a hook. */
class CallbackHook implements SessionRunHook {
  readonly #callback: AnyCallback;
  #guest: Guest;
  #readsBatches = false;
  #model: LayersModel | StandIn = { stopTraining: false };
  #batch = 0;

  constructor(callback: AnyCallback) {
    this.#callback = callback;
    this.#guest = guestOf('toHook', callback);
  }

  begin(session: Session): void {
    const { model, params } = session;
    const host = hostOf('toHook', session);
    const yieldEvery = host instanceof TfjsHost ? host.yieldEvery : undefined;
    this.#guest = guestOf('toHook', this.#callback, yieldEvery);
    this.#readsBatches = readsBatches(this.#guest);
    this.#batch = 0;
    this.#model = (model as LayersModel | undefined) ?? { stopTraining: false };
    if (model !== undefined) {
      ensureStopFlag(model as LayersModel);
    }
    const { metricsNames } = this.#model as { readonly metricsNames?: readonly string[] };
    this.#guest.setParams(params ?? { metrics: metricsNames ?? [] });
    handModel(this.#guest, this.#model);
  }

  async afterCreateSession(session: Session): Promise<void> {
    // The flag of an earlier `fit` stays up until the next one takes it down.
    this.#model.stopTraining = false;
    await this.#guest.onTrainBegin({});
    this.#passStopOn(session);
  }

  async beforeEpoch(session: Session, epoch: number): Promise<void> {
    await this.#guest.onEpochBegin(epoch, {});
    this.#passStopOn(session);
  }

  async beforeRun({ session }: SessionRunContext): Promise<void> {
    const { index = this.#batch, size } = hostOf('toHook', session).batch ?? {};
    await this.#guest.onBatchBegin(index, size === undefined ? {} : { batch: index, size });
    this.#passStopOn(session);
  }

  async afterRun({ session }: SessionRunContext): Promise<void> {
    const host = hostOf('toHook', session);
    const { index = this.#batch, size } = host.batch ?? {};
    this.#batch += 1;
    const names = this.#readsBatches ? host.metricNames() : [];
    const values = names.length === 0 ? [] : await session.run(names);
    const metrics = Object.fromEntries(names.map((name, i) => [name, values[i]]));
    await this.#guest.onBatchEnd(index, { ...batchLogs(index, size), ...metrics });
    this.#passStopOn(session);
  }

  async afterEpoch(session: Session, epoch: number, logs: Logs): Promise<void> {
    await this.#guest.onEpochEnd(epoch, { ...logs });
    this.#passStopOn(session);
  }

  async end(): Promise<void> {
    await this.#guest.onTrainEnd({});
  }

  #passStopOn(session: Session): void {
    if (this.#model.stopTraining) {
      requestStop('toHook', session);
    }
  }
}

function batchLogs(index: number, size: number | undefined): Record<string, number> {
  return size === undefined ? { batch: index } : { batch: index, size };
}
