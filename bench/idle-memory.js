// What does a step with nine idle hooks allocate, and does it keep anything?
import * as tf from '@tensorflow/tfjs';
import { toCallback } from 'tfjs-hooks';
import { Calls, idleHooks, plainHooks, quiet, withLogs } from './hooks.js';
import { alternate, collectGarbage, median, ratio, report, shown, significant } from './measure.js';

const STEPS = 100;

/** @param {tf.CustomCallback} callback */
async function bytesPerStep(callback) {
  const calls = new Calls(callback);
  await calls.begin();
  return () =>
    withLogs(STEPS, async (logs) => {
      collectGarbage();
      const before = process.memoryUsage().heapUsed;
      await calls.steps(logs);
      // So few steps that no garbage is collected meanwhile.
      return (process.memoryUsage().heapUsed - before) / STEPS;
    });
}

/** @param {readonly import('tfjs-hooks').SessionRunHook[]} hooks */
const ours = (hooks) => bytesPerStep(toCallback(hooks, { logger: quiet }));

await tf.setBackend('cpu');
const { bare, nine, one, many } = await alternate(
  {
    bare: await bytesPerStep(new tf.CustomCallback({ onBatchEnd() {} })),
    nine: await ours(idleHooks()),
    one: await ours(plainHooks(1)),
    many: await ours(plainHooks(27)),
  },
  { rounds: 40, warmUp: 20 },
);
const quotient = ratio(nine, bare);
report(
  'bytes that an idle step with nine hooks allocates, against a bare CustomCallback',
  'at most 0.3 times',
  `${shown(quotient)} times; ${significant(median(nine), 3)} B against ` +
    `${significant(median(bare), 3)} B`,
  quotient.median <= 0.3,
);
const growth = (median(many) - median(one)) / 26;
report(
  'bytes that each further idle hook allocates a step, from 1 to 27',
  'none',
  `${significant(growth, 2)} B`,
  Math.abs(growth) < 1,
);

const calls = new Calls(toCallback(idleHooks(), { logger: quiet }));
await calls.begin();
const steps = () => withLogs(1000, (logs) => calls.steps(logs).then(() => 0));
for (let i = 0; i < 20; i++) {
  await steps();
}
collectGarbage();
const [heap, tensors] = [process.memoryUsage().heapUsed, tf.memory().numTensors];
for (let i = 0; i < 100; i++) {
  await steps();
}
collectGarbage();
const kept = (process.memoryUsage().heapUsed - heap) / 100_000;
const keptTensors = tf.memory().numTensors - tensors;
report(
  'what 100,000 idle steps keep',
  'nothing',
  `${significant(kept, 2)} B a step, ${keptTensors} tensors`,
  kept < 1 && keptTensors === 0,
);
