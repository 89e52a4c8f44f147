import * as tf from '@tensorflow/tfjs';

// No banner on the console, and no word about a second copy of tfjs.
tf.env().set('IS_TEST', true);

type Callbacks = NonNullable<tf.ModelFitArgs['callbacks']>;

/** How the trainings of these specs run. */
export interface TrainOptions {
  readonly callbacks?: unknown;
  readonly epochs?: number;
  readonly batches?: number;
  readonly initialEpoch?: number;
  /** Whether a part of the data is for validation. */
  readonly validation?: boolean;
}

/** The two ways to train, with the same options. */
export interface Training {
  readonly name: 'fit' | 'fitDataset';
  train(model: tf.LayersModel, options?: TrainOptions): Promise<tf.History>;
}

/** A dense model for {@link fit} and {@link fitDataset}: a `tf.Sequential`, compiled. */
export function regression(args: Partial<tf.ModelCompileArgs> = {}): tf.Sequential {
  const dense = tf.layers.dense({ units: 1, inputShape: [2], kernelInitializer: 'ones' });
  const model = tf.sequential({ layers: [dense] });
  model.compile({ loss: 'meanSquaredError', optimizer: 'sgd', metrics: ['mae'], ...args });
  return model;
}

/** The same as a functional model, which tfjs hands to callbacks as it is. */
export function functional(args: Partial<tf.ModelCompileArgs> = {}): tf.LayersModel {
  const input = tf.input({ shape: [2] });
  const dense = tf.layers.dense({ units: 1, kernelInitializer: 'ones' });
  const model = tf.model({ inputs: input, outputs: dense.apply(input) as tf.SymbolicTensor });
  model.compile({ loss: 'meanSquaredError', optimizer: 'sgd', metrics: ['mae'], ...args });
  return model;
}

/** Two examples for each batch; the same in every call. */
export function examples(batches: number): { readonly xs: number[][]; readonly ys: number[][] } {
  const numbers = Array.from({ length: 2 * batches }, (_, i) => (i % 7) / 7);
  return { xs: numbers.map((x) => [x, 1 - x]), ys: numbers.map((x) => [x / 2]) };
}

/** `model.fit` over so many batches of two. */
export async function fit(
  model: tf.LayersModel,
  { callbacks, epochs = 1, batches = 4, initialEpoch, validation = false }: TrainOptions = {},
): Promise<tf.History> {
  const data = examples(validation ? 2 * batches : batches);
  const xs = tf.tensor2d(data.xs);
  const ys = tf.tensor2d(data.ys);
  try {
    return await model.fit(xs, ys, {
      batchSize: 2,
      epochs,
      shuffle: false,
      ...(initialEpoch !== undefined && { initialEpoch }),
      ...(validation && { validationSplit: 0.5 }),
      ...(callbacks !== undefined && { callbacks: callbacks as Callbacks }),
    });
  } finally {
    tf.dispose([xs, ys]);
  }
}

/** `model.fitDataset` over so many batches of two. */
export function fitDataset(
  model: tf.LayersModel,
  { callbacks, epochs = 1, batches = 4, initialEpoch, validation = false }: TrainOptions = {},
): Promise<tf.History> {
  return model.fitDataset(dataset(batches), {
    epochs,
    ...(initialEpoch !== undefined && { initialEpoch }),
    ...(validation && { validationData: dataset(batches) }),
    ...(callbacks !== undefined && { callbacks: callbacks as Callbacks }),
  });
}

/** A dataset of so many batches of two. */
export function dataset(batches: number): tf.data.Dataset<tf.TensorContainer> {
  const { xs, ys } = examples(batches);
  return tf.data.array(xs.map((x, i) => ({ xs: x, ys: ys[i] as number[] }))).batch(2);
}

export const trainings: readonly Training[] = [
  { name: 'fit', train: fit },
  { name: 'fitDataset', train: fitDataset },
];

/** How many tensors more there are behind a call than before it. */
export async function tensorsLeft(act: () => Promise<unknown>): Promise<number> {
  const before = tf.memory().numTensors;
  await act();
  return tf.memory().numTensors - before;
}
