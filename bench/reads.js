// How often do hooks read back from the device?
import * as tf from '@tensorflow/tfjs';
import { LoggingTensorHook, SummarySaverHook, summary, toCallback } from 'tfjs-hooks';
import { countReads, idleHooks, noWriter, quiet, smallModel } from './hooks.js';
import { report } from './measure.js';

const STEPS = 100;

/** @param {tf.CustomCallback} [callback] */
async function reads(callback) {
  const model = smallModel();
  const [xs, ys] = [tf.ones([STEPS, 2]), tf.ones([STEPS, 1])];
  const counter = countReads();
  const callbacks = callback === undefined ? {} : { callbacks: callback };
  await model.fit(xs, ys, { batchSize: 1, verbose: 0, ...callbacks });
  return counter.stop();
}

/** @param {readonly import('tfjs-hooks').SessionRunHook[]} hooks */
const ours = (hooks) => reads(toCallback(hooks, { logger: quiet }));

await tf.setBackend('cpu');
const none = await reads();
const bare = (await reads(new tf.CustomCallback({ onBatchEnd() {} }))) - none;
// In the first step two of the nine read the loss, as they always do.
const idle = (await ours(idleHooks())) - none;
const loss = () => new LoggingTensorHook({ tensors: ['loss'], everyNIter: 10 });
const logging = (await ours([loss()])) - none;
const shared =
  (await ours([
    loss(),
    loss(),
    new LoggingTensorHook({ tensors: ['loss', 'global_step'], everyNIter: 10 }),
    new SummarySaverHook({
      saveSteps: 10,
      summaryWriter: noWriter,
      summaryOp: summary.scalar('loss'),
    }),
  ])) - none;
report(
  `reads in ${STEPS} steps beyond fit's own, nine idle hooks`,
  'those of the first step alone',
  `${idle}; a bare CustomCallback with onBatchEnd ${bare}`,
  idle <= 1,
);
report(
  `reads in ${STEPS} steps, the loss every 10th step`,
  `${STEPS / 10}`,
  `${logging}`,
  logging === STEPS / 10,
);
report(
  `reads in ${STEPS} steps, four hooks that ask for the loss every 10th step`,
  `${STEPS / 10}`,
  `${shared}`,
  shared === STEPS / 10,
);
