import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from '@jest/globals';
import { CheckpointSaverHook, latestCheckpoint, toCallback } from 'tfjs-hooks';
import { temporaryDirectory } from '../support/training.js';
import { kerasPredictions } from './support/python-reader.js';

tf.env().set('IS_TEST', true);

const dir = temporaryDirectory();

interface Case {
  readonly model: tf.Sequential;
  readonly optimizer: tf.Optimizer;
  readonly xs: tf.Tensor;
}

const cases: Readonly<Record<string, () => Case>> = {
  'dense layers and normalization, Adam': () => ({
    model: tf.sequential({
      layers: [
        tf.layers.dense({ units: 4, inputShape: [3], activation: 'relu' }),
        tf.layers.batchNormalization(),
        tf.layers.dense({ units: 2, trainable: false }),
      ],
    }),
    optimizer: tf.train.adam(0.01),
    xs: tf.randomNormal([8, 3]),
  }),
  'convolutions, momentum': () => ({
    model: tf.sequential({
      layers: [
        tf.layers.conv2d({ filters: 3, kernelSize: 3, inputShape: [6, 6, 1] }),
        tf.layers.maxPooling2d({ poolSize: 2 }),
        tf.layers.flatten(),
        tf.layers.dense({ units: 2 }),
      ],
    }),
    optimizer: tf.train.momentum(0.01, 0.9),
    xs: tf.randomNormal([8, 6, 6, 1]),
  }),
  'an embedding and an LSTM, Adamax': () => ({
    model: tf.sequential({
      layers: [
        tf.layers.embedding({ inputDim: 5, outputDim: 4, inputLength: 3 }),
        tf.layers.lstm({ units: 3 }),
        tf.layers.dense({ units: 2 }),
      ],
    }),
    optimizer: tf.train.adamax(0.01),
    xs: tf.randomUniform([8, 3], 0, 5, 'int32'),
  }),
};

describe("A checkpoint is a model to Python's tensorflowjs", () => {
  it.each(Object.keys(cases))('that gives the same: %s', async (name) => {
    const { model, optimizer, xs } = (cases[name] as () => Case)();
    model.compile({ optimizer, loss: 'meanSquaredError' });
    const hook = new CheckpointSaverHook({ checkpointDir: dir(), saveSteps: 2 });
    const logger = { info: () => {}, warn: () => {}, error: () => {} };
    await model.fit(xs, tf.ones([8, 2]), {
      epochs: 3,
      batchSize: 4,
      verbose: 0,
      callbacks: toCallback(hook, { logger }),
    });
    const path = (await latestCheckpoint(dir())) ?? '';
    const wanted = (await (model.predict(xs) as tf.Tensor).array()) as number[][];
    const predicted = await kerasPredictions(join(path, 'model.json'), await xs.array());
    expect(predicted).toEqual(wanted.map((row) => row.map((value) => expect.closeTo(value, 4))));
  });
});
