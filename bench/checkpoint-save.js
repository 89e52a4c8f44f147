// What does a synchronous checkpoint cost, against writing the same bytes, and saving in memory?
import * as tf from '@tensorflow/tfjs';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileSystem, MonitoredSession, Saver } from 'tfjs-hooks';
import { bigModel, trainOnce, writeAndSync } from './checkpoint-model.js';
import {
  alternate,
  collectGarbage,
  median,
  milliseconds,
  ratio,
  report,
  shown,
  significant,
} from './measure.js';

const MEGABYTES = 100;
const ROUNDS = 15;
const directory = mkdtempSync(join(tmpdir(), 'tfjs-hooks-bench-'));

await tf.setBackend('cpu');
const { model, units } = bigModel(MEGABYTES);
await trainOnce(model, units);

const saver = new Saver({ maxToKeep: 1 });
const run = new MonitoredSession({ hooks: [], model });
await run.begin();
let step = 0;
let path = '';
const save = async () => {
  step += 1;
  path = await saver.save(run.session, join(directory, 'model.ckpt'), step);
};
await save();
const bytes = readdirSync(path).reduce((sum, name) => sum + statSync(join(path, name)).size, 0);
const content = new Uint8Array(bytes).fill(7);
let files = 0;
const raw = () => {
  const file = join(directory, `raw-${files++}`);
  return milliseconds(() => writeAndSync(file, content)).finally(() => rmSync(file));
};
const inMemory = tf.io.withSaveHandler(async () => ({
  modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' },
}));
const figures = await alternate(
  {
    raw,
    ours: async () => {
      const taken = await milliseconds(save);
      // What was deleted is gone before anything else is measured.
      await saver.settle();
      return taken;
    },
    memory: () => milliseconds(() => model.save(inMemory, { includeOptimizer: true })),
  },
  // A virtual machine gets memory from its host that it has not used yet, and that takes time.
  { rounds: ROUNDS, warmUp: 3 },
);
const what = `a synchronous checkpoint of ${MEGABYTES} MiB and Adam (${Math.round(bytes / 2 ** 20)} MiB)`;
report(
  `${what}, against write and fsync of the same bytes`,
  'at most 1.5 times',
  `${shown(ratio(figures.ours, figures.raw))} times; ${significant(median(figures.ours), 3)} ms ` +
    `against ${significant(median(figures.raw), 3)} ms`,
  ratio(figures.ours, figures.raw).median <= 1.5,
);
const added = median(figures.ours) - median(figures.raw);
report(
  'what it adds to them, against model.save to memory with the optimizer',
  'at most 0.35 times',
  `${significant(added / median(figures.memory), 2)} times; model.save takes ` +
    `${significant(median(figures.memory), 3)} ms`,
  added / median(figures.memory) <= 0.35,
);

/**
 * How much memory beyond what there is the process needs at most while something runs, in bytes.
 *
 * @param {() => Promise<unknown>} act
 */
async function extraMemory(act) {
  collectGarbage();
  const before = process.memoryUsage();
  let most = 0;
  const look = () => {
    const { external, heapUsed } = process.memoryUsage();
    most = Math.max(most, external + heapUsed - before.external - before.heapUsed);
  };
  const timer = setInterval(look, 1);
  await act();
  look();
  clearInterval(timer);
  return most;
}

const extra = await extraMemory(save);
report(
  'extra host memory of a checkpoint',
  'at most half the weights',
  `${significant(extra / 2 ** 20, 3)} MiB, ${significant(extra / (MEGABYTES * 2 ** 20), 2)} of the weights`,
  extra <= (MEGABYTES * 2 ** 20) / 2,
);

const both = await alternate(
  {
    ours: () => milliseconds(() => saver.restore(run.session, path)),
    theirs: async () => {
      /** @type {tf.LayersModel | undefined} */
      let loaded;
      const taken = await milliseconds(async () => {
        loaded = await tf.loadLayersModel(fileSystem(path));
      });
      loaded?.optimizer.dispose();
      loaded?.dispose();
      return taken;
    },
  },
  { rounds: ROUNDS, warmUp: 1 },
);
report(
  'restore, which verifies every byte, against tf.loadLayersModel of the same directory',
  'at most 1.5 times',
  `${shown(ratio(both.ours, both.theirs))} times; ${significant(median(both.ours), 3)} ms against ` +
    `${significant(median(both.theirs), 3)} ms`,
  ratio(both.ours, both.theirs).median <= 1.5,
);
await saver.settle();
await run.close();
model.dispose();

/** @param {number} kept */
async function smallSaves(kept) {
  const small = tf.sequential({ layers: [tf.layers.dense({ units: 4, inputShape: [4] })] });
  small.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  const own = new MonitoredSession({ hooks: [], model: small });
  await own.begin();
  const keeping = new Saver({ maxToKeep: kept });
  const folder = mkdtempSync(join(directory, 'kept-'));
  let at = 0;
  const saveSmall = async () => {
    at += 1;
    await keeping.save(own.session, join(folder, 'model.ckpt'), at);
  };
  for (let i = 0; i < kept + 1; i++) {
    await saveSmall();
  }
  return () => milliseconds(saveSmall);
}

const kept = await alternate(
  { ten: await smallSaves(10), thousand: await smallSaves(1000) },
  { rounds: 41, warmUp: 2 },
);
report(
  'a save with 1,000 kept, against one with 10',
  'at most 1.5 times',
  `${shown(ratio(kept.thousand, kept.ten))} times; ${significant(median(kept.thousand), 3)} ms ` +
    `against ${significant(median(kept.ten), 3)} ms`,
  ratio(kept.thousand, kept.ten).median <= 1.5,
);
rmSync(directory, { recursive: true });
