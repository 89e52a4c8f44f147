import * as tf from '@tensorflow/tfjs';

/** What a step returns. */
export interface StepValues {
  readonly loss: number;
  readonly acc?: number;
}

/**
 * The model of the recordings, whose loss and `acc` are what they are told to be.
 *
 * It does not learn: the rate is 0, and so is what the loss takes from the output.
 */
export class TraceModel {
  readonly model: tf.LayersModel;
  #step: () => StepValues = () => ({ loss: 0 });
  #acc = 0;

  /** `hasAcc`: whether there is a metric named `acc`. */
  constructor(hasAcc: boolean) {
    const x = tf.input({ shape: [2], name: 'x' });
    const dense = tf.layers.dense({ units: 1 });
    const output = dense.apply(x) as tf.SymbolicTensor;
    this.model = tf.model({ inputs: x, outputs: output });
    tf.tidy(() => {
      dense.setWeights([tf.tensor2d([[0.5], [-0.25]]), tf.tensor1d([0.125])]);
    });
    const loss = (_yTrue: tf.Tensor, yPred: tf.Tensor): tf.Scalar => {
      const values = this.#step();
      this.#acc = values.acc ?? 0;
      return tf.add(values.loss, tf.mul(0, tf.mean(yPred)));
    };
    // tfjs calls it behind the loss of the same step.
    const acc = (): tf.Tensor => tf.scalar(this.#acc);
    this.model.compile({ optimizer: tf.train.sgd(0), loss, metrics: hasAcc ? [acc] : [] });
  }

  /** Says what comes of each step from now on; called once a step, inside it. */
  script(step: () => StepValues): void {
    this.#step = step;
  }

  /**
   * Trains for so many steps, one row each.
   *
   * 0 steps are an epoch too many, since tfjs refuses data without rows.
   */
  async fit(
    steps: number,
    callbacks: NonNullable<tf.ModelFitArgs['callbacks']> | undefined,
  ): Promise<void> {
    const xs = tf.zeros([Math.max(steps, 1), 2]);
    const ys = tf.zeros([Math.max(steps, 1), 1]);
    try {
      await this.model.fit(xs, ys, {
        epochs: 1,
        initialEpoch: steps === 0 ? 1 : 0,
        batchSize: 1,
        shuffle: false,
        verbose: 0,
        ...(callbacks && { callbacks }),
      });
    } finally {
      tf.dispose([xs, ys]);
    }
  }

  dispose(): void {
    this.model.optimizer.dispose();
    this.model.dispose();
  }
}

/** Where in `fit` something throws: in a method of a callback, or in the step itself. */
export type ThrowPlace = 'onTrainBegin' | 'onBatchBegin' | 'step' | 'onBatchEnd' | 'onTrainEnd';

/**
 * How many tensors tfjs itself leaks in a `fit` of this model when something throws there.
 *
 * @param batch - In which batch, where the place is in one.
 */
export async function leakOfThrowing(
  place: ThrowPlace,
  batch: number,
  steps: number,
  hasAcc: boolean,
): Promise<number> {
  const trace = new TraceModel(hasAcc);
  const before = tf.memory().numTensors;
  const expected = new Error(place);
  const fail = (at: number): void => {
    if (at === batch) {
      throw expected;
    }
  };
  let step = 0;
  trace.script(() => {
    if (place === 'step') {
      fail(step);
    }
    step += 1;
    return { loss: 0.5, acc: 0.5 };
  });
  try {
    await trace.fit(
      steps,
      // Methods of a whole training get logs in the place of the batch.
      place === 'step'
        ? undefined
        : { [place]: (at?: unknown) => fail(typeof at === 'number' ? at : batch) },
    );
    throw new Error(`Nothing threw in ${place} of batch ${batch} of ${steps}.`);
  } catch (error) {
    if (error !== expected) {
      throw error;
    }
  }
  const leak = tf.memory().numTensors - before;
  trace.dispose();
  return leak;
}
