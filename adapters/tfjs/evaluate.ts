import { add, dispose, div, keep, mul, scalar, slice, tidy } from '@tensorflow/tfjs';
import type { LayersModel, Scalar, Tensor, TensorContainer } from '@tensorflow/tfjs';
import { trainingState } from '#checkpoints';
import {
  check,
  checked,
  describeValue,
  HookedSession,
  isObject,
  isTensor,
  positiveInteger,
  ValueError,
} from '../../lib/index.js';
import type { Logs, MaybePromise, TrainingState } from '../../lib/index.js';
import { checkedHooks, driverRules, modelRule } from './driver-options.js';
import type { DriverOptions, Hooks } from './driver-options.js';
import { Yielder } from './event-loop.js';
import { LoopHost } from './loop-host.js';
import { innerModel, metricNamesOf } from './models.js';

/** Options of {@link evaluate}. */
export interface EvaluateOptions extends DriverOptions {
  /** One hook or an array of hooks. Default: none. */
  readonly hooks?: Hooks | undefined;
  /** How many examples a batch has; for a pair of data only. Default 32. */
  readonly batchSize?: number | undefined;
}

/** Inputs or targets: one tensor, several, or a record by name. */
export type EvaluateData = Tensor | readonly Tensor[] | Readonly<Record<string, Tensor>>;

interface BatchResult {
  readonly value?: unknown;
  readonly done?: boolean | undefined;
}

/** A `tf.data.Dataset` of `{xs, ys}`, or anything with such an iterator. */
export interface EvaluateDataset {
  iterator(): Promise<{ next(): Promise<BatchResult> }>;
}

/**
 * Evaluates a model batch by batch, with hooks.
 *
 * The numbers are those of `model.evaluate` over the batches seen. The global step is seen, not
 * moved.
 *
 * @param model - A compiled model.
 * @param data - A dataset of `{xs, ys}`, or the pair `[xs, ys]`.
 * @returns The loss and the metrics, by name.
 * @throws {@link ValueError} On anything that is not a hook, and on wrong data or options.
 *
 * @example
 * ```ts
 * import { evaluate, StopAfterNEvalsHook } from 'tfjs-hooks';
 *
 * const logs = await evaluate(model, [xs, ys], {
 *   hooks: new StopAfterNEvalsHook({ numEvals: 10 }),
 *   batchSize: 64,
 * });
 * console.log(logs.loss);
 * ```
 */
export async function evaluate(
  model: LayersModel,
  data: EvaluateDataset | readonly [EvaluateData, EvaluateData],
  options: EvaluateOptions = {},
): Promise<Logs> {
  const own = checked('evaluate', options, {
    ...driverRules,
    hooks: () => undefined,
    batchSize: positiveInteger,
  });
  check('evaluate', 'model', model, modelRule);
  const compute = innerModel(model) as unknown as Internals;
  const names = metricNamesOf(model);
  if (names === undefined) {
    throw new ValueError('evaluate: the model must be compiled, but is not.');
  }
  const hooks = checkedHooks('evaluate', own.hooks ?? []);
  const host = new EvaluateHost(own, model);
  const hooked = new HookedSession(hooks, host);
  const batches = batchesOf(compute, data, own.batchSize ?? 32);
  const totals = new Totals(names);
  const yielder = new Yielder();
  try {
    await hooked.begin();
    compute.makeTestFunction();
    for (let index = 0; !hooked.stopRequested; index++) {
      const batch = await batches.next();
      if (batch === undefined) {
        break;
      }
      try {
        host.enterBatch({ index, size: batch.size });
        await hooked.beforeStep();
        host.metrics.enter(totals.add(compute, batch));
      } finally {
        dispose([batch.tensors, batch.source] as TensorContainer);
      }
      await hooked.afterStep();
      host.metrics.retain();
      totals.forgetBatch();
      await yielder.afterStep();
    }
    const logs = await totals.read();
    await hooked.end();
    return logs;
  } catch (error) {
    await hooked.abort(error);
    throw error;
  } finally {
    totals.dispose();
    batches.dispose();
  }
}

/** What tfjs's own evaluation uses of a model, and does not declare. */
interface Internals {
  makeTestFunction(): void;
  testFunction(tensors: readonly Tensor[]): Scalar[];
  standardizeUserDataXY(
    xs: unknown,
    ys: unknown,
    checkBatchAxis: boolean,
    batchSize?: number,
  ): [Tensor[], Tensor[]];
}

interface Batch {
  /** Inputs, then targets. */
  readonly tensors: readonly Tensor[];
  readonly size: number;
  /** What the tensors were made of, where it goes with them. */
  readonly source?: unknown;
}

interface Batches {
  next(): Promise<Batch | undefined>;
  dispose(): void;
}

class EvaluateHost extends LoopHost {
  countStep(): MaybePromise<number> {
    return this.globalStep.value;
  }

  trainingState(): TrainingState {
    return trainingState({ model: this.layersModel });
  }
}

/** Sums up the metrics of the batches, each by its size, in the order `model.evaluate` does. */
class Totals {
  readonly #names: readonly string[];
  #totals: Scalar[] = [];
  #batch: Record<string, Scalar> = {};
  #examples = 0;

  constructor(names: readonly string[]) {
    this.#names = names;
  }

  /** @returns The metrics of the batch; they live until {@link forgetBatch}. */
  add(model: Internals, { tensors, size }: Batch): Readonly<Record<string, Scalar>> {
    const outs = model.testFunction(tensors);
    // Where there are losses of several outputs, tfjs puts the sums on the way before their sum.
    dispose(outs.splice(0, outs.length - this.#names.length));
    outs.forEach((out) => keep(out));
    this.#batch = Object.fromEntries(outs.map((out, i) => [this.#names[i] as string, out]));
    const before = this.#totals;
    this.#totals = outs.map((out, i) =>
      keep(tidy(() => add<Scalar>(before[i] ?? scalar(0), mul(size, out)))),
    );
    dispose(before);
    this.#examples += size;
    return this.#batch;
  }

  forgetBatch(): void {
    dispose(this.#batch);
    this.#batch = {};
  }

  async read(): Promise<Logs> {
    const means = this.#totals.map((total) => tidy(() => div<Scalar>(total, this.#examples)));
    try {
      const values = await Promise.all(means.map((mean) => mean.data()));
      return Object.fromEntries(
        values.map(([value], i) => [this.#names[i] as string, value]),
      ) as Logs;
    } finally {
      dispose(means);
    }
  }

  dispose(): void {
    this.forgetBatch();
    dispose(this.#totals);
  }
}

function batchesOf(
  model: Internals,
  data: EvaluateDataset | readonly [EvaluateData, EvaluateData],
  batchSize: number,
): Batches {
  if (isObject(data) && typeof data['iterator'] === 'function') {
    return new DatasetBatches(model, data as unknown as EvaluateDataset);
  }
  if (Array.isArray(data) && data.length === 2) {
    for (const one of (data as readonly unknown[]).flatMap(valuesOf)) {
      if (!isTensor(one)) {
        throw new ValueError(`evaluate: 'data' must hold tensors, but got ${describeValue(one)}.`);
      }
    }
    return new PairBatches(model, data as unknown as [unknown, unknown], batchSize);
  }
  throw new ValueError(
    `evaluate: 'data' must be a dataset of {xs, ys} or the pair [xs, ys], but got ` +
      `${describeValue(data)}.`,
  );
}

class DatasetBatches implements Batches {
  readonly #model: Internals;
  readonly #iterator: ReturnType<EvaluateDataset['iterator']>;

  constructor(model: Internals, dataset: EvaluateDataset) {
    this.#model = model;
    this.#iterator = dataset.iterator();
    // Who asks for the first batch hears of it; until then it is not an unhandled rejection.
    this.#iterator.catch(() => {});
  }

  async next(): Promise<Batch | undefined> {
    for (;;) {
      const { value, done } = await (await this.#iterator).next();
      if (value !== null && value !== undefined) {
        return this.#batchOf(value);
      }
      if (done === true) {
        return undefined;
      }
    }
  }

  dispose(): void {}

  #batchOf(value: unknown): Batch {
    const { xs, ys } = value as { readonly xs?: unknown; readonly ys?: unknown };
    if (xs === undefined || ys === undefined) {
      dispose(value as Tensor);
      throw new ValueError(
        `evaluate: 'data' must yield objects with xs and ys, but got ${describeValue(value)}.`,
      );
    }
    try {
      const tensors = standardized(this.#model, xs, ys);
      return { tensors, size: tensors[0]?.shape[0] ?? 0, source: value };
    } catch (error) {
      dispose(value as TensorContainer);
      throw error;
    }
  }
}

class PairBatches implements Batches {
  readonly #tensors: readonly Tensor[];
  readonly #own: readonly Tensor[];
  readonly #batchSize: number;
  #start = 0;

  constructor(model: Internals, [xs, ys]: readonly [unknown, unknown], batchSize: number) {
    this.#tensors = standardized(model, xs, ys, batchSize);
    const theirs = new Set([...valuesOf(xs), ...valuesOf(ys)]);
    this.#own = this.#tensors.filter((one) => !theirs.has(one));
    this.#batchSize = batchSize;
  }

  next(): Promise<Batch | undefined> {
    const total = this.#tensors[0]?.shape[0] ?? 0;
    const start = this.#start;
    const size = Math.min(this.#batchSize, total - start);
    if (size <= 0) {
      return Promise.resolve(undefined);
    }
    this.#start += size;
    const tensors = this.#tensors.map((one) =>
      keep(slice(one, [start, ...one.shape.slice(1).map(() => 0)], [size, ...one.shape.slice(1)])),
    );
    return Promise.resolve({ tensors, size });
  }

  dispose(): void {
    dispose(this.#own as Tensor[]);
  }
}

/** Inputs, then targets, as the model takes them; where that fails, nothing is left of it. */
function standardized(model: Internals, xs: unknown, ys: unknown, batchSize?: number): Tensor[] {
  return tidy(() => model.standardizeUserDataXY(xs, ys, true, batchSize).flat()).map((one) =>
    keep(one),
  );
}

function valuesOf(data: unknown): readonly unknown[] {
  return isObject(data) && !('dataId' in data) ? Object.values(data) : [data];
}
