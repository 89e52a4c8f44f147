import { describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { evaluate, StopAfterNEvalsHook, StopAtStepHook, toHook } from 'tfjs-hooks';
import type { SessionRunHook } from 'tfjs-hooks';

import { lineLogger, Recorder } from '../support/recorder.js';
import { dataset, examples, functional, regression, tensorsLeft } from '../support/regression.js';

/** Data whose sums depend on the order in which they are made. */
function awkward(rows: number): readonly [tf.Tensor2D, tf.Tensor2D] {
  const values = Array.from({ length: rows }, (_, i) => Math.sin(i * 7.3) * 10 ** (i % 5));
  return [
    tf.tensor2d(values.map((x) => [x, 1 / (x + 3)])),
    tf.tensor2d(values.map((x) => [x / 3])),
  ];
}

function numbersOf(result: tf.Scalar | tf.Scalar[]): number[] {
  return (Array.isArray(result) ? result : [result]).map((value) => value.dataSync()[0] as number);
}

/** Two outputs, each with a metric. */
function twoOutputs(): tf.LayersModel {
  const left = tf.input({ shape: [2], name: 'left' });
  const right = tf.input({ shape: [1], name: 'right' });
  const outputs = ['first', 'second'].map((name, i) =>
    tf.layers.dense({ units: 1, name }).apply(i === 0 ? left : right),
  ) as tf.SymbolicTensor[];
  const model = tf.model({ inputs: [left, right], outputs });
  const loss = ['meanSquaredError', 'meanAbsoluteError'];
  model.compile({ loss, optimizer: 'sgd', metrics: ['mse', 'mae'] });
  return model;
}

/** The dataset of someone who watches how far it is read. */
function watched(source: tf.data.Dataset<tf.TensorContainer>): {
  readonly data: { iterator(): Promise<{ next(): Promise<IteratorResult<tf.TensorContainer>> }> };
  readonly read: () => number;
} {
  let count = 0;
  return {
    read: () => count,
    data: {
      iterator: async () => {
        const iterator = await source.iterator();
        return {
          next: () => {
            count += 1;
            return iterator.next();
          },
        };
      },
    },
  };
}

describe('evaluate', () => {
  it.each([1, 7, 32, 33, 100])(
    'gives exactly the numbers of model.evaluate in batches of %d',
    async (batchSize) => {
      const [xs, ys] = awkward(33);
      for (const model of [regression(), functional(), regression({ metrics: [] })]) {
        const logs = await evaluate(model, [xs, ys], { batchSize });
        expect(Object.values(logs)).toEqual(numbersOf(model.evaluate(xs, ys, { batchSize })));
        expect(Object.keys(logs)).toEqual(model.metricsNames);
      }
    },
  );

  it('takes batches of 32 where no size is given', async () => {
    const [xs, ys] = awkward(70);
    const model = regression();
    const recorder = new Recorder();
    const logs = await evaluate(model, [xs, ys], { hooks: recorder });
    expect(recorder.count('afterRun')).toBe(3);
    expect(Object.values(logs)).toEqual(numbersOf(model.evaluate(xs, ys)));
  });

  it('gives exactly the numbers of model.evaluateDataset', async () => {
    const [xs, ys] = awkward(33);
    const rows = tf.data.zip({ xs: tf.data.array(unstack(xs)), ys: tf.data.array(unstack(ys)) });
    const data = rows.batch(7);
    const model = regression();
    const logs = await evaluate(model, data);
    const expected = await model.evaluateDataset(data as tf.data.Dataset<never>, {});
    expect(Object.values(logs)).toEqual(numbersOf(expected));
  });

  it('takes records of inputs and targets, and a model of several outputs', async () => {
    const model = twoOutputs();
    const left = tf.randomNormal([9, 2], 0, 1, 'float32', 1);
    const right = tf.randomNormal([9, 1], 0, 1, 'float32', 2);
    const [first, second] = [tf.ones([9, 1]), tf.zeros([9, 1])];
    // Before the loss, tfjs gives the sum that it has after the first output, which has no name.
    const [, ...expected] = numbersOf(
      model.evaluate([left, right], [first, second], { batchSize: 4 }),
    );
    const records = [
      { left, right },
      { first, second },
    ] as const;
    const named = await evaluate(model, records, { batchSize: 4 });
    const listed = await evaluate(
      model,
      [
        [left, right],
        [first, second],
      ],
      { batchSize: 4 },
    );
    const rows = tf.data.zip({
      xs: tf.data.zip({ left: tf.data.array(unstack(left)), right: tf.data.array(unstack(right)) }),
      ys: tf.data.zip({
        first: tf.data.array(unstack(first)),
        second: tf.data.array(unstack(second)),
      }),
    });
    const ofDataset = await evaluate(model, rows.batch(4));
    expect(Object.keys(named)).toEqual(model.metricsNames);
    const { first_loss: ofFirst = 0, second_loss: ofSecond = 0 } = named;
    expect(named['loss']).toBeCloseTo(ofFirst + ofSecond, 5);
    expect([named, listed, ofDataset].map((logs) => Object.values(logs))).toEqual(
      Array(3).fill(expected),
    );
    expect([left, right, first, second].map((one) => one.isDisposed)).toEqual(Array(4).fill(false));
  });

  it('takes targets of rank one, as model.evaluate does', async () => {
    const model = regression();
    const [xs, ys] = awkward(6);
    const flat = ys.reshape<tf.Tensor1D>([6]);
    const expected = numbersOf(model.evaluate(xs, flat));
    expect(Object.values(await evaluate(model, [xs, flat]))).toEqual(expected);
    const data = tf.data
      .array(xs.arraySync().map((x, i) => ({ xs: x, ys: flat.arraySync()[i] as number })))
      .batch(6);
    const left = await tensorsLeft(async () => {
      expect(Object.values(await evaluate(model, data))).toEqual(expected);
    });
    expect(left).toBe(0);
  });

  it('leaves no tensors, and those of others alone', async () => {
    const model = regression();
    const [xs, ys] = awkward(10);
    const hook: SessionRunHook = { beforeRun: () => ({ fetches: ['loss', 'mae'] }) };
    await evaluate(model, [xs, ys]);
    const left = await tensorsLeft(async () => {
      await evaluate(model, [xs, ys], { batchSize: 3, hooks: hook });
      await evaluate(model, dataset(3), { hooks: [hook, new Recorder()] });
      await evaluate(model, [xs, ys], { batchSize: 3, hooks: new StopAtStepHook({ numSteps: 1 }) });
    });
    expect(left).toBe(0);
    expect([xs.isDisposed, ys.isDisposed]).toEqual([false, false]);
  });

  it('calls the hooks of a lifecycle without epochs', async () => {
    const recorder = new Recorder();
    await evaluate(regression(), dataset(2), { hooks: recorder });
    expect(recorder.calls).toEqual([
      'begin',
      'afterCreateSession',
      'beforeRun',
      'afterRun',
      'beforeRun',
      'afterRun',
      'end',
    ]);
  });

  it('gives hooks the numbers of each batch, and the last in end', async () => {
    const model = regression();
    const { xs, ys } = examples(3);
    const expected = [0, 2, 4].map((start) => {
      const [x, y] = [
        tf.tensor2d(xs.slice(start, start + 2)),
        tf.tensor2d(ys.slice(start, start + 2)),
      ];
      return numbersOf(model.evaluate(x, y))[0];
    });
    const seen: unknown[] = [];
    const hook: SessionRunHook<'loss'> = {
      beforeRun: () => ({ fetches: 'loss' }),
      afterRun: (_context, { results }) => void seen.push(results),
      end: async (session) => void seen.push(await session.run('loss')),
    };
    await evaluate(model, dataset(3), { hooks: hook });
    expect(seen).toEqual([...expected, expected[2]]);
  });

  it('evaluates the batches seen where a hook stops it, and reads one ahead at most', async () => {
    const model = regression();
    const logger = lineLogger();
    for (const numEvals of [1, 3]) {
      const { data, read } = watched(dataset(9));
      const hooks = new StopAfterNEvalsHook({ numEvals });
      const logs = await evaluate(model, data, { hooks, logger });
      const expected = await model.evaluateDataset(
        dataset(9).take(numEvals) as tf.data.Dataset<never>,
        {},
      );
      expect(Object.values(logs)).toEqual(numbersOf(expected));
      expect(read()).toBeLessThanOrEqual(numEvals + 1);
    }
    expect(logger.lines).toEqual([
      'Evaluation [1/1]',
      'Evaluation [1/3]',
      'Evaluation [2/3]',
      'Evaluation [3/3]',
    ]);
  });

  it('goes through all data with numEvals null', async () => {
    const recorder = new Recorder();
    const hooks = [new StopAfterNEvalsHook({ numEvals: null, logProgress: false }), recorder];
    await evaluate(regression(), dataset(5), { hooks });
    expect(recorder.count('afterRun')).toBe(5);
  });

  it('stops for a signal, and for a callback behind toHook', async () => {
    const model = regression();
    let controller = new AbortController();
    const abort: SessionRunHook = { afterRun: () => controller.abort() };
    const stop = toHook({ onBatchEnd: () => void (model.stopTraining = true) });
    for (const hook of [abort, stop]) {
      const recorder = new Recorder();
      controller = new AbortController();
      await evaluate(model, dataset(5), { hooks: [hook, recorder], signal: controller.signal });
      expect([recorder.count('afterRun'), recorder.count('end')]).toEqual([1, 1]);
    }
  });

  it('gives no numbers where there are no batches, and ends the hooks', async () => {
    const recorder = new Recorder();
    const logs = await evaluate(regression(), dataset(0), { hooks: recorder });
    expect(logs).toEqual({});
    expect(recorder.calls).toEqual(['begin', 'afterCreateSession', 'end']);
    const signal = AbortSignal.abort();
    expect(await evaluate(regression(), dataset(3), { signal })).toEqual({});
  });
});

function unstack(tensor: tf.Tensor): number[][] {
  return tensor.arraySync() as number[][];
}
