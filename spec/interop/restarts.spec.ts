import { readdirSync } from 'node:fs';

import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  CheckpointSaverHook,
  eventFileWriter,
  MonitoredSession,
  StopAtStepHook,
  summary,
  SummarySaverHook,
} from 'tfjs-hooks';

import { pythonScalars, writeWithTensorFlow } from './support/python-reader.js';
import { newRun, scalarsOf, tensorBoardHasRead } from './support/tensorboard.js';

tf.env().set('IS_TEST', true);

type Points = readonly (readonly [step: number, value: number])[];

/** A run of hooks up to `lastStep`, whose losses say which run they are of. */
async function train(directory: string, run: number, lastStep: number): Promise<void> {
  const weight = tf.variable(tf.scalar(1));
  const session = new MonitoredSession({
    variables: [weight],
    optimizer: tf.train.sgd(0.1),
    restoreFrom: directory,
    hooks: [
      new StopAtStepHook({ lastStep }),
      new SummarySaverHook({
        outputDir: directory,
        saveSteps: 1,
        summaryOp: [summary.scalar('loss'), summary.scalar(`run ${run}`, 'loss')],
      }),
      new CheckpointSaverHook({ checkpointDir: directory, saveSteps: 4 }),
    ],
    logger: { info() {}, warn() {}, error() {} },
  });
  await session.begin();
  while (!session.shouldStop) {
    await session.run(() => run);
  }
  // Ended as by a crash: without the last checkpoint that an end in order brings.
  await session.abort(new Error('crash'));
  weight.dispose();
}

function at(value: number, first: number, last: number): Points {
  return Array.from({ length: last - first + 1 }, (_, i) => [first + i, value] as const);
}

function points(directory: string, tag: string, value: number, steps: readonly number[]): void {
  const writer = eventFileWriter(directory);
  for (const step of steps) {
    writer.scalar(tag, value, step);
  }
  writer.close();
}

/** What each directory holds, by tag, as both readers are to see it. */
const expected = new Map<string, Readonly<Record<string, Points>>>();

beforeAll(async () => {
  const resumed = newRun('resumed');
  await train(resumed, 1, 7); // Checkpoints at 0 and 4.
  await train(resumed, 2, 11);
  expected.set('resumed', {
    loss: [...at(1, 1, 4), ...at(2, 5, 11)],
    'run 2': at(2, 5, 11),
  });

  const twice = newRun('resumed twice');
  await train(twice, 1, 7);
  await train(twice, 2, 11); // And at 8.
  await train(twice, 3, 10);
  expected.set('resumed twice', { loss: [...at(1, 1, 4), ...at(2, 5, 8), ...at(3, 9, 10)] });

  const second = newRun('same second');
  jest.spyOn(Date, 'now').mockReturnValue(1_800_000_000_500);
  for (let run = 1; run <= 5; run++) {
    points(second, 'loss', run, [run]);
  }
  expected.set('same second', { loss: [1, 2, 3, 4, 5].map((run) => [run, run] as const) });

  const back = newRun('clock stepped back');
  points(back, 'loss', 1, [1, 2]);
  jest.spyOn(Date, 'now').mockReturnValue(1_000_000_000_000);
  points(back, 'loss', 2, [3, 4]);
  jest.spyOn(Date, 'now').mockReturnValue(0);
  points(back, 'loss', 3, [5]);
  jest.restoreAllMocks();
  expected.set('clock stepped back', {
    loss: [
      [1, 1],
      [2, 1],
      [3, 2],
      [4, 2],
      [5, 3],
    ],
  });

  const two = newRun('two writers');
  const [a, b] = [eventFileWriter(two), eventFileWriter(two)];
  for (let step = 1; step <= 3; step++) {
    a.scalar('a', step, step);
    b.scalar('b', -step, step);
    a.flush();
    b.flush();
  }
  a.close();
  b.close();
  expected.set('two writers', {
    a: [1, 2, 3].map((step) => [step, step] as const),
    b: [1, 2, 3].map((step) => [step, -step] as const),
  });

  const behind = newRun('behind TensorFlow');
  await writeWithTensorFlow(behind, [
    ['loss', 1, 1],
    ['loss', 1, 2],
  ]);
  points(behind, 'loss', 2, [3]);
  expected.set('behind TensorFlow', {
    loss: [
      [1, 1],
      [2, 1],
      [3, 2],
    ],
  });
  await tensorBoardHasRead();
});

afterEach(() => {
  jest.restoreAllMocks();
});

describe.each([
  'resumed',
  'resumed twice',
  'same second',
  'clock stepped back',
  'two writers',
  'behind TensorFlow',
])('a directory: %s', (name) => {
  const directory = newRun(name);

  it('shows one curve in the running TensorBoard', async () => {
    expect(await scalarsOf(directory)).toMatchObject(expected.get(name) ?? {});
  });

  it("shows one curve to TensorBoard's Python reader", async () => {
    const read = Object.entries(await pythonScalars(directory)).map(([tag, own]) => [
      tag,
      own.map(([step, value]) => [Number(step), value]),
    ]);
    expect(Object.fromEntries(read)).toMatchObject(expected.get(name) ?? {});
  });
});

describe('a resumed run', () => {
  it('leaves the file of the run before it as it was', () => {
    const files = readdirSync(newRun('resumed twice')).filter((one) => one.includes('tfevents'));
    expect(files).toHaveLength(3);
  });

  it('has none of what it did again, of tags that it does not write, for Python', async () => {
    const { 'run 1': first } = await pythonScalars(newRun('resumed'));
    expect(first?.map(([step]) => Number(step))).toEqual([1, 2, 3, 4]);
  });
});
