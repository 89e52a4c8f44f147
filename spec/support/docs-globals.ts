import * as tf from '@tensorflow/tfjs';
import { StopAtStepHook } from 'tfjs-hooks';

/** What examples use without making it, as their compiler sees it. */
export const declarations = `
import type * as TF from '@tensorflow/tfjs';
import type { SessionRunHook } from 'tfjs-hooks';

declare global {
  /** Compiled, with the metric 'accuracy'. */
  const model: TF.Sequential;
  const xs: TF.Tensor2D;
  const ys: TF.Tensor2D;
  /** Of \`{xs, ys}\`, in batches. */
  const dataset: TF.data.Dataset<{ xs: TF.Tensor; ys: TF.Tensor }>;
  const hooks: readonly SessionRunHook[];
}
`;

/** What the native package adds to tfjs, as it declares it: it need not be installed. */
export const nativeDeclarations = `
declare module '@tensorflow/tfjs-node' {
  import type { Callback, Scalar, Tensor } from '@tensorflow/tfjs';
  export * from '@tensorflow/tfjs';
  interface SummaryFileWriter {
    scalar(name: string, value: Scalar | number, step: number, description?: string): void;
    histogram(
      name: string,
      data: Tensor,
      step: number,
      buckets?: number,
      description?: string,
    ): void;
    flush(): void;
  }
  export const node: {
    summaryFileWriter(
      logdir: string,
      maxQueue?: number,
      flushMillis?: number,
      filenameSuffix?: string,
    ): SummaryFileWriter;
    tensorBoard(logdir?: string, args?: { updateFreq?: 'batch' | 'epoch' }): Callback;
  };
}
`;

/** The same, for one example to run on: small, and fresh each time. */
export function makeGlobals(): Record<string, unknown> {
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ name: 'dense_Dense1', units: 8, activation: 'relu', inputShape: [4] }),
      tf.layers.dense({ name: 'dense_Dense2', units: 3, activation: 'softmax' }),
    ],
  });
  model.compile({ optimizer: 'adam', loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  const xs = tf.randomUniform([40, 4], 0, 1, 'float32', 1);
  const ys = tf.oneHot(
    tf.tensor1d(
      [...Array(40).keys()].map((i) => i % 3),
      'int32',
    ),
    3,
  );
  const dataset = tf.data
    .array([...Array(40).keys()].map((i) => ({ xs: [i, 0, 1, 2], ys: [1, 0, i % 2] })))
    .batch(8);
  return { model, xs, ys, dataset, hooks: [new StopAtStepHook({ numSteps: 20 })] };
}
