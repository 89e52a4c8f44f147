// How late is a timer while `fit` runs?
import * as tf from '@tensorflow/tfjs';
import { toCallback } from 'tfjs-hooks';
import { commonHooks, compute, plainHooks, quiet, smallModel } from './hooks.js';
import { report, significant } from './measure.js';

/**
 * The greatest number of milliseconds that a timer of 10 ms came late by.
 *
 * @param {() => Promise<unknown>} act
 */
async function lateness(act) {
  let latest = 0;
  let count = 0;
  let due = performance.now() + 10;
  const timer = setInterval(() => {
    const now = performance.now();
    latest = Math.max(latest, now - due);
    count += 1;
    due = now + 10;
  }, 10);
  await act();
  clearInterval(timer);
  // One that never came is late by all the time that went by.
  return { latest: Math.max(latest, performance.now() - due), count };
}

/**
 * @param {number} milliseconds
 * @param {number} seconds
 * @param {tf.CustomCallback | undefined} callback
 */
async function fitFor(milliseconds, seconds, callback) {
  const model = smallModel();
  const steps = Math.floor((seconds * 1000) / Math.max(milliseconds, 0.5));
  const busy = new tf.CustomCallback({});
  // A step of that length: `onBatchBegin` of another callback computes.
  busy.onBatchBegin = async () => {
    compute(milliseconds);
  };
  const callbacks = callback === undefined ? [busy] : [busy, callback];
  await model.fit(tf.ones([steps, 2]), tf.ones([steps, 1]), {
    batchSize: 1,
    verbose: 0,
    callbacks,
  });
}

await tf.setBackend('cpu');
for (const [step, hooks] of /** @type {const} */ ([
  [0, plainHooks(1)],
  [0, commonHooks()],
  [20, commonHooks()],
  [400, plainHooks(1)],
])) {
  const { latest, count } = await lateness(() =>
    fitFor(step, 4, toCallback(hooks, { logger: quiet })),
  );
  const target = Math.max(250, step + 50);
  report(
    `the latest timer while fit runs ${hooks.length} hooks, steps of ${step === 0 ? 'no' : step} ms`,
    'at most 250 ms or one step late',
    `${significant(latest, 3)} ms; ${count} timers came`,
    latest <= target,
  );
}
const bare = await lateness(() => fitFor(0, 4, undefined));
report(
  'the same with a class-only callback and no hooks',
  'for comparison',
  `${significant(bare.latest, 3)} ms; ${bare.count} timers came`,
);
