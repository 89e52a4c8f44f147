import { describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import {
  LoggingTensorHook,
  StopAtStepHook,
  summary,
  SummarySaverHook,
  toCallback,
} from 'tfjs-hooks';
import type { SessionRunHook, SummaryWriter } from 'tfjs-hooks';

import { lineLogger } from '../support/recorder.js';
import { dataset, regression, trainings } from '../support/regression.js';

/** The names in a log line. */
function tagsOf(line: string): string {
  return line
    .replace(/ \(.*\)$/, '')
    .split(', ')
    .map((pair) => pair.replace(/ = .*/, ''))
    .join(' ');
}

function memoryWriter(): SummaryWriter & { readonly scalars: (readonly [string, number])[] } {
  const scalars: (readonly [string, number])[] = [];
  return {
    scalars,
    scalar: (name, _value, step) => void scalars.push([name, step]),
    flush: () => {},
  };
}

const everyOther = () => new LoggingTensorHook({ tensors: ['loss', 'val_loss'], everyNIter: 2 });

describe.each(trainings)('a metric that only epochs of $name have', ({ train }) => {
  it('is logged behind each epoch in a line of its own, with its number', async () => {
    const logger = lineLogger();
    const callbacks = toCallback(everyOther(), { logger });
    const { history } = await train(regression(), { callbacks, epochs: 2, validation: true });
    const epoch = ['loss', 'loss', 'val_loss'];
    expect(logger.lines.map(tagsOf)).toEqual([...epoch, ...epoch]);
    const first = logger.lines.find((line) => line.startsWith('val_loss'));
    expect(Math.fround(Number(first?.replace('val_loss = ', '')))).toBe(history['val_loss']?.[0]);
  });

  it('is logged behind a plain object', async () => {
    const logger = lineLogger();
    const callbacks = [{ onEpochEnd: () => {} }, toCallback(everyOther(), { logger })];
    await train(regression(), { callbacks, epochs: 2, validation: true });
    const epoch = ['loss', 'loss', 'val_loss'];
    expect(logger.lines.map(tagsOf)).toEqual([...epoch, ...epoch]);
  });

  it("is at the end the last epoch's", async () => {
    const logger = lineLogger();
    const hook = new LoggingTensorHook({ tensors: ['val_loss', 'loss'], atEnd: true });
    const callbacks = toCallback(hook, { logger });
    const { history } = await train(regression(), { callbacks, epochs: 2, validation: true });
    expect(logger.lines.map(tagsOf)).toEqual(['val_loss loss']);
    const value = /val_loss = ([^,]*)/.exec(logger.lines[0] ?? '')?.[1];
    expect(Math.fround(Number(value))).toBe(history['val_loss']?.[1]);
  });

  it('is written behind each epoch at the global step then', async () => {
    const summaryWriter = memoryWriter();
    const hook = new SummarySaverHook({
      saveSteps: 3,
      summaryWriter,
      summaryOp: [summary.scalar('loss'), summary.scalar('val_loss')],
    });
    await train(regression(), { callbacks: toCallback(hook), epochs: 2, validation: true });
    expect(summaryWriter.scalars).toEqual([
      ['loss', 1],
      ['loss', 4],
      ['val_loss', 4],
      ['loss', 7],
      ['val_loss', 8],
    ]);
  });

  it('is left out where a stop cut the epoch short', async () => {
    for (const lastStep of [2, 6]) {
      const logger = lineLogger();
      const hooks = [everyOther(), new StopAtStepHook({ lastStep })];
      const callbacks = toCallback(hooks, { logger });
      await train(regression(), { callbacks, epochs: 3, validation: true });
      const epochs = logger.lines.filter((line) => line.startsWith('val_loss'));
      expect(epochs).toHaveLength(Math.floor(lastStep / 4));
    }
  });

  it('is logged at the end as the last epoch that had it had it', async () => {
    const logger = lineLogger();
    const hooks = [
      new StopAtStepHook({ lastStep: 6 }),
      new LoggingTensorHook({ tensors: ['val_loss', 'loss'], atEnd: true }),
    ];
    const history = await train(regression(), {
      callbacks: toCallback(hooks, { logger }),
      epochs: 3,
      batches: 4,
      validation: true,
    });
    const [value] = history.history['val_loss'] as number[];
    expect(logger.lines.map(tagsOf)).toEqual(['val_loss loss']);
    expect(Number(/val_loss = ([^,]+)/.exec(String(logger.lines[0]))?.[1])).toBeCloseTo(
      value ?? 0,
      5,
    );
  });

  it('is left out where another callback cut the epoch short', async () => {
    const model = regression();
    const stop = { onBatchEnd: (batch: number) => void (model.stopTraining = batch === 1) };
    for (const callbacks of [
      [new tf.CustomCallback(stop), toCallback(everyOther(), { logger: lineLogger() })],
      [stop, toCallback(everyOther(), { logger: lineLogger(), model })],
    ]) {
      await expect(train(model, { callbacks, validation: true })).resolves.toBeDefined();
    }
  });

  it('is an unknown name where no epoch has it', async () => {
    for (const tensors of [['val_loss'], ['loss', 'val_lss']]) {
      const hook = new LoggingTensorHook({ tensors, everyNIter: 1 });
      const callbacks = toCallback(hook, { logger: lineLogger() });
      const validation = tensors.length > 1;
      await expect(train(regression(), { callbacks, validation })).rejects.toThrow(
        /^No value named 'val_.*There are: loss, mae, global_step/,
      );
    }
  });

  it('is an unknown name behind a plain object too where no epoch has it', async () => {
    for (const name of ['val_loss', 'val_lss']) {
      const hook = new LoggingTensorHook({ tensors: [name], everyNIter: 1 });
      const callbacks = [{ onEpochEnd: () => {} }, toCallback(hook, { logger: lineLogger() })];
      const validation = name === 'val_lss';
      await expect(train(regression(), { callbacks, validation })).rejects.toThrow(
        new RegExp(`^No value named '${name}'.*There are: loss, mae`),
      );
    }
  });

  it('has its value in afterEpoch and end, for everyone who asks', async () => {
    const seen: unknown[] = [];
    const read: SessionRunHook['afterEpoch'] = async (session) => {
      seen.push(await session.run({ a: 'val_loss', b: ['val_mae'] }));
    };
    const hook = { afterEpoch: read, end: (session) => read(session, 0, {}) } as SessionRunHook;
    const callbacks = toCallback(hook);
    const { history } = await train(regression(), { callbacks, epochs: 2, validation: true });
    const [first, second] = [0, 1].map((epoch) => ({
      a: history['val_loss']?.[epoch],
      b: [history['val_mae']?.[epoch]],
    }));
    expect(seen).toEqual([first, second, second]);
  });
});

describe('a metric that only epochs have', () => {
  it('is there where fitDataset with batchesPerEpoch is stopped at the last batch', async () => {
    const logger = lineLogger();
    const hooks = [everyOther(), new StopAtStepHook({ lastStep: 2 })];
    await regression().fitDataset(dataset(4), {
      epochs: 2,
      batchesPerEpoch: 2,
      validationData: dataset(1),
      callbacks: toCallback(hooks, { logger }),
    });
    expect(logger.lines.map(tagsOf)).toEqual(['loss', 'val_loss']);
  });

  it('moves no timer of the steps', async () => {
    let now = 0;
    const clock = { now: () => now, sleep: () => Promise.resolve() };
    const tick: SessionRunHook = { beforeRun: () => void (now += 1) };
    const logger = lineLogger();
    const hook = new LoggingTensorHook({ tensors: ['loss', 'val_loss'], everyNSecs: 3 });
    const callbacks = toCallback([tick, hook], { logger, clock });
    await trainings[0]?.train(regression(), { callbacks, epochs: 2, validation: true });
    expect(logger.lines.map((line) => line.replace(/ = [^ ]*/, ''))).toEqual([
      'loss',
      'loss (3.000 sec)',
      'val_loss',
      'loss (3.000 sec)',
      'val_loss',
    ]);
  });
});
