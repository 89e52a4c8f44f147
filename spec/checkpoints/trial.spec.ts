import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { CheckpointSaverHook, checkpointInfo, checkpoints, fileSystem, latestCheckpoint, toCallback } from 'tfjs-hooks';

function make(opt: string, seed = 1) {
  const model = tf.sequential();
  model.add(tf.layers.dense({ units: 4, inputShape: [3], kernelInitializer: tf.initializers.glorotUniform({ seed }) }));
  model.add(tf.layers.dense({ units: 1, kernelInitializer: tf.initializers.glorotUniform({ seed: seed+1 }) }));
  model.compile({ loss: 'meanSquaredError', optimizer: tf.train[opt as 'adam'](0.1, 0.9 as never), metrics: ['mae'] });
  return model;
}
describe('trial', () => {
  it.each(['sgd', 'momentum', 'adagrad', 'adadelta', 'rmsprop', 'adam', 'adamax'])('works with %s', async (opt) => {
    const dir = mkdtempSync(join(tmpdir(), 'ckpt-'));
    const run = join(dir, 'run');
    const xs = tf.randomUniform([12, 3], 0, 1, 'float32', 3), ys = tf.randomUniform([12, 1], 0, 1, 'float32', 4);
    const whole = make(opt);
    await whole.fit(xs, ys, { epochs: 4, batchSize: 4, shuffle: false, verbose: 0 });
    const a = make(opt);
    await a.fit(xs, ys, { epochs: 2, batchSize: 4, shuffle: false, verbose: 0, callbacks: toCallback(new CheckpointSaverHook({ checkpointDir: run, saveSteps: 2 })) });
    console.log(readdirSync(run), await checkpointInfo(run), await checkpoints(run), await latestCheckpoint(run));
    const b = make(opt, 77);
    const lines: string[] = [];
    await b.fit(xs, ys, { epochs: 4, initialEpoch: (await checkpointInfo(run))!.epoch, batchSize: 4, shuffle: false, verbose: 0, callbacks: toCallback(new CheckpointSaverHook({ checkpointDir: run, saveSteps: 2 }), { restoreFrom: run, logger: { info: (s) => lines.push(s), warn: (s) => lines.push(s), error: (s) => lines.push(s) } }) });
    console.log(lines, readdirSync(run));
    whole.getWeights().forEach((w, i) => expect(b.getWeights()[i]!.dataSync()).toEqual(w.dataSync()));
    const loaded = await tf.loadLayersModel(fileSystem((await latestCheckpoint(run))!));
    b.getWeights().forEach((w, i) => expect(loaded.getWeights()[i]!.dataSync()).toEqual(w.dataSync()));
    console.log(loaded.optimizer?.getClassName(), loaded.optimizer?.iterations, readFileSync(join(run, 'checkpoint'), 'utf8').length);
  });
});
