// A model of 100 MiB of weights, whose optimizer has state of twice that.
import * as tf from '@tensorflow/tfjs';
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';

/**
 * @param {number} megabytes Of the weights.
 */
export function bigModel(megabytes) {
  const units = Math.round(Math.sqrt((megabytes * 2 ** 20) / 4 / 4));
  const model = tf.sequential({
    layers: Array.from({ length: 4 }, () =>
      tf.layers.dense({ units, inputShape: [units], useBias: false }),
    ),
  });
  const optimizer = tf.train.adam(1e-4);
  model.compile({ optimizer, loss: 'meanSquaredError' });
  return { model, units };
}

/**
 * Trains one step, which makes the optimizer's state.
 *
 * @param {tf.LayersModel} model
 * @param {number} units
 */
export async function trainOnce(model, units) {
  const [xs, ys] = [tf.ones([1, units]), tf.zeros([1, units])];
  await model.trainOnBatch(xs, ys);
  tf.dispose([xs, ys]);
}

/**
 * Writes so many bytes to a new file and waits until they are on disk.
 *
 * @param {string} path
 * @param {Uint8Array} bytes
 */
export function writeAndSync(path, bytes) {
  const file = openSync(path, 'wx');
  for (let at = 0; at < bytes.length;) {
    at += writeSync(file, bytes, at, Math.min(2 ** 24, bytes.length - at));
  }
  fsyncSync(file);
  closeSync(file);
}
