// A small network that reads digits, and the backend that trains it.
import { fileURLToPath } from 'node:url';

import * as tf from '@tensorflow/tfjs';

import { SIDE } from './data.js';

/**
 * Picks WebAssembly, which trains dense layers many times faster than plain JavaScript and installs
 * from npm alone.
 *
 * @returns {Promise<string>} What it picked, to be printed.
 */
export async function pickBackend() {
  try {
    const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
    const manifest = import.meta.resolve('@tensorflow/tfjs-backend-wasm/package.json');
    setWasmPaths(fileURLToPath(new URL('dist/', manifest)));
    if (await tf.setBackend('wasm')) {
      return 'wasm';
    }
  } catch (error) {
    console.warn(String(error));
  }
  await tf.setBackend('cpu');
  return 'cpu, as WebAssembly failed to load: training takes several times longer';
}

/** A network of one hidden layer, compiled; it begins with the same weights in every run. */
export function createModel() {
  const model = tf.sequential({
    layers: [
      tf.layers.dense({
        name: 'hidden',
        inputShape: [SIDE * SIDE],
        units: 128,
        activation: 'relu',
        kernelInitializer: tf.initializers.heNormal({ seed: 1 }),
      }),
      tf.layers.dense({
        name: 'digit',
        units: 10,
        activation: 'softmax',
        kernelInitializer: tf.initializers.glorotNormal({ seed: 2 }),
      }),
    ],
  });
  model.compile({
    optimizer: tf.train.adam(0.003),
    loss: 'categoricalCrossentropy',
    metrics: ['accuracy'],
  });
  return model;
}

/**
 * The digits that the model is farthest from reading rightly, as images.
 *
 * @param {tf.LayersModel} model
 * @param {tf.Tensor2D} xs
 * @param {tf.Tensor2D} ys
 * @param {number} count
 * @returns {tf.Tensor4D}
 */
export function hardestDigits(model, xs, ys, count) {
  return tf.tidy(() => {
    const answers = /** @type {tf.Tensor2D} */ (model.predict(xs));
    const doubts = tf.sub(1, tf.sum(tf.mul(answers, ys), 1));
    const { indices } = tf.topk(doubts, count);
    return tf.reshape(tf.gather(xs, indices), [count, SIDE, SIDE, 1]);
  });
}

/**
 * The digits that the model's answers stand for.
 *
 * @param {readonly (readonly number[])[]} answers A probability for each digit from 0 to 9.
 */
export function digitsOf(answers) {
  return answers.map((answer) => answer.indexOf(Math.max(...answer)));
}
