import { CheckpointSaverHook, processSignal, toCallback } from 'tfjs-hooks';
import * as tf from '@tensorflow/tfjs';

// A program of its own that trains until a signal stops it: `<directory>`.
const [, , dir = ''] = process.argv;
const write = (line: string): boolean => process.stdout.write(`${line}\n`);

async function main(): Promise<void> {
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [1] })] });
  model.compile({ loss: 'meanSquaredError', optimizer: 'sgd' });
  let reason: string | undefined;
  await model.fit(tf.ones([64, 1]), tf.ones([64, 1]), {
    epochs: 1e6,
    batchSize: 1,
    verbose: 0,
    callbacks: toCallback(
      [
        new CheckpointSaverHook({ checkpointDir: dir, saveSteps: 1e9 }),
        { afterCreateSession: () => void write('training') },
        {
          end: (session) => {
            reason = session.stopReason;
          },
        },
      ],
      {
        signal: processSignal('SIGTERM', 'SIGINT'),
        logger: { info: () => {}, warn: () => {}, error: () => {} },
      },
    ),
  });
  write(`stopped by ${reason}`);
  write(`listeners ${process.listenerCount('SIGTERM') + process.listenerCount('SIGINT')}`);
  // Goes on to its own end, unless a second signal comes.
  setTimeout(() => process.exit(7), 700);
}

void main();
