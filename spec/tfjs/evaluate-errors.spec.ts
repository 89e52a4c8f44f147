import { describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { evaluate, ValueError } from 'tfjs-hooks';

import { Recorder, rejectionOf } from '../support/recorder.js';
import { dataset, regression, tensorsLeft } from '../support/regression.js';

describe('evaluate', () => {
  it('aborts the hooks when the data, the shapes or the loss throw, and leaves no tensors', async () => {
    const error = new Error('data');
    const broken = {
      iterator: async () => {
        const iterator = await dataset(2).iterator();
        let count = 0;
        return {
          next: async () => {
            count += 1;
            if (count === 2) {
              throw error;
            }
            return iterator.next();
          },
        };
      },
    };
    const noIterator = { iterator: () => Promise.reject(error) };
    const loss = () => {
      throw error;
    };
    for (const [model, data] of [
      [regression(), broken],
      [regression(), noIterator],
      [regression({ loss }), dataset(2)],
    ] as const) {
      const recorder = new Recorder();
      const left = await tensorsLeft(async () => {
        expect(await rejectionOf(evaluate(model, data, { hooks: recorder }))).toBe(error);
      });
      expect(recorder.errors).toEqual([error]);
      expect([model.name, left]).toEqual([model.name, 0]);
    }
  });

  it.each([
    ['the wrong shape', { xs: [1, 2, 3], ys: [1] }],
    ['no ys', { xs: [1, 2] }],
    ['the wrong names', { xs: { a: 1, b: 2 }, ys: [1] }],
  ])('aborts the hooks on rows with %s, and leaves no tensors', async (_name, row) => {
    const recorder = new Recorder();
    const data = tf.data.array([row, row] as tf.TensorContainer[]).batch(2);
    const model = regression();
    const left = await tensorsLeft(async () => {
      const error = await rejectionOf(evaluate(model, data, { hooks: recorder }));
      expect(recorder.errors).toEqual([error]);
    });
    expect(left).toBe(0);
  });

  it.each([
    ['a number', 1],
    ['one tensor', tf.zeros([1])],
    ['a triple', [1, 2, 3]],
    ['nothing', undefined],
    ['a pair of nothing', [null, null]],
    ['a pair without targets', [tf.zeros([1, 2]), undefined]],
    ['a pair with an array', [tf.zeros([1, 2]), [[1]]]],
  ])('refuses %s as data', async (_name, data) => {
    const error = await rejectionOf(evaluate(regression(), data as never));
    expect(error).toBeInstanceOf(ValueError);
    expect(error).toMatchObject({
      message: expect.stringMatching(/^evaluate: 'data' must (be|hold)/),
    });
  });

  it('refuses what is no model, and one that is not compiled', async () => {
    await expect(evaluate({} as tf.LayersModel, dataset(1))).rejects.toThrow(
      /^evaluate: 'model' must be a tf.LayersModel/,
    );
    const layers = [tf.layers.dense({ units: 1, inputShape: [2] })];
    for (const data of [dataset(1), [tf.zeros([1, 2]), tf.zeros([1, 1])] as const]) {
      await expect(evaluate(tf.sequential({ layers }), data)).rejects.toThrow(/compile/);
    }
  });

  it.each([0, -1, 1.5, '2'])('refuses %p as a batch size', async (batchSize) => {
    const options = { batchSize: batchSize as number };
    await expect(evaluate(regression(), dataset(1), options)).rejects.toThrow(/'batchSize'/);
  });
});
