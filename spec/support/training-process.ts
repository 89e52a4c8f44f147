import { createHash } from 'node:crypto';
import * as tf from '@tensorflow/tfjs';
import { checkpointInfo, CheckpointSaverHook, Saver, toCallback } from 'tfjs-hooks';

// A program of its own: `<directory> <adam or adamax> <epochs>`. Trains, going on from what is in
// the directory, and writes a digest of all weights and the global step.
const [, , dir = '', optimizer = '', epochs = ''] = process.argv;

async function main(): Promise<void> {
  const kernelInitializer = tf.initializers.glorotUniform({ seed: 3 });
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({ filters: 3, kernelSize: 2, inputShape: [4, 4, 1], kernelInitializer }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 1, kernelInitializer }),
    ],
  });
  model.compile({
    loss: 'meanSquaredError',
    optimizer: optimizer === 'adam' ? tf.train.adam(0.01) : tf.train.adamax(0.01),
  });
  const xs = tf.randomUniform([12, 4, 4, 1], -1, 1, 'float32', 7);
  const ys = tf.randomUniform([12, 1], -1, 1, 'float32', 8);
  const saver = new Saver({ background: true });
  await model.fit(xs, ys, {
    epochs: Number(epochs),
    initialEpoch: (await checkpointInfo(dir))?.epoch ?? 0,
    batchSize: 4,
    shuffle: false,
    verbose: 0,
    callbacks: toCallback(new CheckpointSaverHook({ checkpointDir: dir, saveSteps: 2, saver }), {
      restoreFrom: dir,
      logger: { info: () => {}, warn: () => {}, error: () => {} },
    }),
  });
  const hash = createHash('sha256');
  for (const weight of model.getWeights()) {
    hash.update(new Uint8Array((await weight.data()).buffer));
  }
  process.stdout.write(`${hash.digest('hex')} ${(await checkpointInfo(dir))?.globalStep}\n`);
}

void main();
