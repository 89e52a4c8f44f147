// How much longer does a `fit` of 1 ms steps take with all nine hooks?
import * as tf from '@tensorflow/tfjs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toCallback } from 'tfjs-hooks';
import { commonHooks, quiet } from './hooks.js';
import { alternate, median, milliseconds, ratio, report, shown, significant } from './measure.js';

const STEPS = 1000;
const BATCH = 16;

await tf.setBackend('cpu');
const model = tf.sequential({
  layers: [
    tf.layers.dense({ units: 32, inputShape: [32], activation: 'relu' }),
    tf.layers.dense({ units: 10, activation: 'softmax' }),
  ],
});
model.compile({ optimizer: 'adam', loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
const xs = tf.randomUniform([STEPS * BATCH, 32]);
const ys = tf.oneHot(tf.randomUniform([STEPS * BATCH], 0, 10, 'int32'), 10);
const directory = mkdtempSync(join(tmpdir(), 'tfjs-hooks-bench-'));

/** @param {tf.CustomCallback} [callback] */
const fit = (callback) => {
  const callbacks = callback === undefined ? {} : { callbacks: callback };
  return milliseconds(() => model.fit(xs, ys, { batchSize: BATCH, verbose: 0, ...callbacks }));
};

const { none, bare, nine, withNan } = await alternate(
  {
    none: () => fit(),
    bare: () => fit(new tf.CustomCallback({ onBatchEnd() {} })),
    nine: () => fit(toCallback(commonHooks({ outputDir: directory }), { logger: quiet })),
    withNan: () =>
      fit(toCallback(commonHooks({ outputDir: directory, nan: true }), { logger: quiet })),
  },
  { rounds: 21, warmUp: 1 },
);
rmSync(directory, { recursive: true });

const LIMIT =
  'the calls of a step take a few us on their own (`idle-step`), and more between steps of a millisecond, ' +
  'which push them out of the caches; to read the loss and look at it takes as long again. What is ' +
  'left is how much one `fit` differs from the next, as the quartiles tell.';
const step = `${significant(median(none) / STEPS, 2)} ms a step`;
const quotient = ratio(nine, none);
report(
  'all nine hooks at common cadences, a whole fit on cpu, against bare fit',
  'at most 1.01 times',
  `${shown(quotient, 4)} times; ${step}`,
  quotient.median <= 1.01,
  LIMIT,
);
report(
  'the same with NanTensorHook, which reads the loss every step',
  'at most 1.01 times',
  `${shown(ratio(withNan, none), 4)} times`,
  ratio(withNan, none).median <= 1.01,
  LIMIT,
);
report(
  'a bare CustomCallback with onBatchEnd',
  'for comparison',
  `${shown(ratio(bare, none), 4)} times`,
);
