import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import type { Logger } from 'tfjs-hooks';

/** A new directory for each test, gone behind it. */
export function temporaryDirectory(): () => string {
  let dir = '';
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'tfjs-hooks-'));
  });
  afterEach(() => {
    rmSync(dir, { recursive: true, force: true });
  });
  return () => dir;
}

/** Log lines, by their kind. */
export interface Lines extends Logger {
  readonly infos: string[];
  readonly warnings: string[];
}

export function lines(): Lines {
  const infos: string[] = [];
  const warnings: string[] = [];
  return {
    infos,
    warnings,
    info: (line) => infos.push(line),
    warn: (line) => warnings.push(line),
    error: (line) => warnings.push(line),
  };
}

/** All optimizers of tfjs, in the forms that differ in their state. */
export const optimizers: readonly (readonly [string, () => tf.Optimizer])[] = [
  ['SGD', () => tf.train.sgd(0.1)],
  ['Momentum', () => tf.train.momentum(0.1, 0.9)],
  ['Nesterov', () => tf.train.momentum(0.1, 0.9, true)],
  ['Adagrad', () => tf.train.adagrad(0.1)],
  ['Adadelta', () => tf.train.adadelta(0.5, 0.9)],
  ['RMSProp', () => tf.train.rmsprop(0.01, 0.9, 0.5)],
  ['centered RMSProp', () => tf.train.rmsprop(0.01, 0.9, 0.5, 1e-7, true)],
  ['Adam', () => tf.train.adam(0.01)],
  ['Adamax', () => tf.train.adamax(0.01, 0.9, 0.999, 1e-7, 0.01)],
];

export interface MakeModel {
  readonly optimizer?: tf.Optimizer;
  readonly units?: number;
  readonly seed?: number;
}

/** A small model with weights that are trained and others that are not. */
export function makeModel({
  optimizer = tf.train.adam(0.01),
  units = 4,
  seed = 1,
}: MakeModel = {}): tf.Sequential {
  const kernelInitializer = tf.initializers.glorotUniform({ seed });
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ units: 3, inputShape: [2], kernelInitializer }),
      tf.layers.batchNormalization(),
      tf.layers.dense({ units, activation: 'tanh', kernelInitializer }),
      tf.layers.dense({ units: 1, kernelInitializer }),
    ],
  });
  model.compile({ loss: 'meanSquaredError', optimizer, metrics: ['mae'] });
  return model;
}

/** Twelve examples; the same ones each time. */
export function data(): { xs: tf.Tensor2D; ys: tf.Tensor2D } {
  return {
    xs: tf.randomUniform([12, 2], -1, 1, 'float32', 7),
    ys: tf.randomUniform([12, 1], -1, 1, 'float32', 8),
  };
}

/** The bytes of all weights. */
export function bytesOf(model: {
  readonly weights: readonly tf.LayerVariable[];
}): readonly string[] {
  return model.weights.map((weight) => {
    const values = weight.read().dataSync();
    return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex');
  });
}
