// How long does a checkpoint that is written in the background hold training up?
import * as tf from '@tensorflow/tfjs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CheckpointSaverHook, MonitoredSession, Saver, toCallback } from 'tfjs-hooks';
import { bigModel, trainOnce } from './checkpoint-model.js';
import { compute, quiet } from './hooks.js';
import { alternate, median, milliseconds, ratio, report, shown, significant } from './measure.js';

const MEGABYTES = 100;
const directory = mkdtempSync(join(tmpdir(), 'tfjs-hooks-bench-'));
await tf.setBackend('cpu');

const { model, units } = bigModel(MEGABYTES);
await trainOnce(model, units);
let step = 0;

/** Steps of a custom loop of 10 ms each while one checkpoint is written. */
const STEP = 10;

/** @param {MonitoredSession} run */
const oneStep = (run) =>
  milliseconds(() =>
    run.run(async () => {
      compute(STEP);
      // The numbers of a step come by a promise.
      await Promise.resolve();
    }),
  );

/** What a step takes when nothing is saved. */
async function usualStep() {
  const run = new MonitoredSession({ hooks: [], model });
  await run.begin();
  const taken = [];
  for (let i = 0; i < 40; i++) {
    taken.push(await oneStep(run));
  }
  await run.close();
  return median(taken);
}

/** @param {boolean} background */
function saving(background) {
  const saver = new Saver({ maxToKeep: 1, background });
  return async () => {
    const usual = background ? await usualStep() : 0;
    const run = new MonitoredSession({ hooks: [], model });
    await run.begin();
    step += 1;
    const begun = performance.now();
    await saver.save(run.session, join(directory, `ckpt-${background}/model.ckpt`), step);
    const stall = performance.now() - begun;
    const state = { isOver: !background };
    const written = saver.written()?.then(() => {
      state.isOver = true;
    });
    let slower = 0;
    while (!state.isOver) {
      slower += (await oneStep(run)) - usual;
    }
    await written;
    const all = performance.now() - begun;
    await run.close();
    return { stall, slower, all };
  };
}

/** @type {{ stall: number, slower: number, all: number }[]} */
const backgrounds = [];
const inBackground = saving(true);
const atOnce = saving(false);
const { sync } = await alternate(
  {
    sync: async () => (await atOnce()).stall,
    background: async () => {
      backgrounds.push(await inBackground());
      return 0;
    },
  },
  // A virtual machine gets memory from its host that it has not used yet, and that takes time.
  { rounds: 15, warmUp: 3 },
);
const whole = median(sync);
backgrounds.splice(0, 3);
const stall = median(backgrounds.map(({ stall }) => stall));
const slower = median(backgrounds.map(({ slower }) => slower)) / whole;
const landed = median(backgrounds.map(({ all }) => all)) / whole;
const what = `a background checkpoint of ${MEGABYTES} MiB and Adam`;
report(`${what}: stall of the step`, 'at most 5 ms', `${significant(stall, 3)} ms`, stall <= 5);
report(
  `${what}: delay of the steps that follow, in all, of a synchronous save`,
  'at most 0.15',
  `${significant(slower, 2)}; the synchronous one takes ${significant(whole, 3)} ms`,
  slower <= 0.15,
);
report(
  `${what}: time until it is there, of a synchronous save`,
  'at most twice, under a real fit',
  `${significant(landed, 3)} times, in a loop of ${STEP} ms steps`,
  landed <= 2,
);
model.dispose();

const STEPS = 1000;
const small = tf.sequential({
  layers: [
    tf.layers.dense({ units: 64, inputShape: [64], activation: 'relu' }),
    tf.layers.dense({ units: 10, activation: 'softmax' }),
  ],
});
small.compile({ optimizer: 'adam', loss: 'categoricalCrossentropy' });
const [xs, ys] = [tf.randomUniform([STEPS * 8, 64]), tf.randomUniform([STEPS * 8, 10])];
/** @param {import('tfjs-hooks').SessionRunHook[]} hooks */
const fit = (hooks) =>
  milliseconds(() =>
    small.fit(xs, ys, {
      batchSize: 8,
      verbose: 0,
      callbacks: toCallback(hooks, { logger: quiet }),
    }),
  );
const fits = await alternate(
  {
    without: () => fit([]),
    with: (round) =>
      fit([
        new CheckpointSaverHook({
          checkpointDir: join(directory, `fit-${round}`),
          saveSteps: 100,
          saver: new Saver({ background: true }),
        }),
      ]),
  },
  { rounds: 31, warmUp: 1 },
);
const cost = ratio(fits.with, fits.without);
report(
  `saving every 100 steps in the background, a whole fit of ${STEPS} steps`,
  'at most 1.035 times',
  `${shown(cost, 4)} times; ${significant(median(fits.without) / STEPS, 2)} ms a step`,
  cost.median <= 1.035,
);
rmSync(directory, { recursive: true });
