// What do nine hooks that ask for nothing cost a step, and each further one?
import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { toCallback } from 'tfjs-hooks';
import { Calls, commonHooks, idleHooks, plainHooks, quiet, withLogs } from './hooks.js';
import { alternate, median, ratio, report, shown, significant } from './measure.js';

const STEPS = 2000;
const ROUNDS = 40;

/** @param {tf.CustomCallback} callback */
async function started(callback) {
  const calls = new Calls(callback);
  await calls.begin();
  return calls;
}

/** @param {Calls} calls */
function microsecondsPerStep(calls) {
  return () =>
    withLogs(STEPS, async (logs) => {
      const begun = performance.now();
      await calls.steps(logs);
      return ((performance.now() - begun) * 1000) / STEPS;
    });
}

/** @param {readonly import('tfjs-hooks').SessionRunHook[]} hooks */
const ours = (hooks) => started(toCallback(hooks, { logger: quiet }));

/** @param {string} backend */
async function measure(backend) {
  await tf.setBackend(backend);
  const one = idleHooks().slice(-1);
  const calls = {
    bare: await started(new tf.CustomCallback({ onBatchEnd() {} })),
    one: await ours(plainHooks(1)),
    many: await ours(plainHooks(27)),
    idle: await ours(idleHooks()),
    plain: await ours(plainHooks(9)),
    common: await ours(commonHooks()),
    single: await ours(one),
    threefold: await ours([...idleHooks(), ...idleHooks(), ...idleHooks()]),
  };
  const figures = await alternate(
    /** @type {Record<keyof typeof calls, () => Promise<number>>} */ (
      Object.fromEntries(Object.entries(calls).map(([k, v]) => [k, microsecondsPerStep(v)]))
    ),
    { rounds: ROUNDS, warmUp: 5 },
  );
  for (const one of Object.values(calls)) {
    await one.end();
  }
  const { bare } = figures;
  /** @type {[string, number[]][]} */
  const against = [
    ['nine idle hooks', figures.idle],
    ['nine plain objects', figures.plain],
    ['nine hooks at common cadences', figures.common],
  ];
  for (const [name, own] of against) {
    const quotient = ratio(own, bare);
    report(
      `${name}, a step on ${backend}, against a bare CustomCallback with onBatchEnd`,
      'at most 1 times, aim at 2 us',
      `${shown(quotient)} times; ${significant(median(own), 3)} us against ` +
        `${significant(median(bare), 3)} us`,
      quotient.median <= 1,
    );
  }
  for (const [name, few, many] of /** @type {const} */ ([
    ['idle hooks of the package', figures.single, figures.threefold],
    ['plain objects', figures.one, figures.many],
  ])) {
    const growth = (median(many) - median(few)) / 26;
    report(
      `growth from 1 to 27 ${name}, on ${backend}`,
      'under 0.15 us a hook',
      `${significant(growth, 2)} us a hook; ${significant(median(few), 3)} us with 1, ` +
        `${significant(median(many), 3)} us with 27`,
      growth < 0.15,
    );
  }
}

const require = createRequire(import.meta.url);
setWasmPaths(join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json')), 'dist/'));
for (const backend of ['cpu', 'wasm']) {
  await measure(backend);
}
