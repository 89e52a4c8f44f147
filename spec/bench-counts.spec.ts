import fs, { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import {
  CheckpointSaverHook,
  FinalOpsHook,
  GlobalStepWaiterHook,
  LoggingTensorHook,
  StepCounterHook,
  StopAfterNEvalsHook,
  StopAtStepHook,
  summary,
  SummarySaverHook,
  toCallback,
} from 'tfjs-hooks';
import type { SessionRunHook } from 'tfjs-hooks';

import { readsOf } from './support/device-reads.js';
import { lineLogger } from './support/recorder.js';

const NEVER = 2 ** 40;
const STEPS = 20;

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bench-counts-'));
});

afterEach(() => {
  jest.restoreAllMocks();
  rmSync(dir, { recursive: true });
});

/** All hooks that can be idle, set so that none asks for anything behind the first step. */
function idleHooks(): readonly SessionRunHook[] {
  const summaryWriter = { scalar: () => {}, flush: () => {} };
  return [
    new GlobalStepWaiterHook({ waitUntilStep: 0 }),
    new FinalOpsHook({ finalOps: null }),
    new StepCounterHook({ everyNSteps: NEVER }),
    new LoggingTensorHook({ tensors: ['loss'], everyNIter: NEVER }),
    new CheckpointSaverHook({ checkpointDir: dir, saveSteps: NEVER, saver: { save: () => {} } }),
    new StopAfterNEvalsHook({ numEvals: NEVER, logProgress: false }),
    new StopAtStepHook({ lastStep: NEVER }),
    new StopAtStepHook({ numSteps: NEVER }),
    new SummarySaverHook({ saveSteps: NEVER, summaryWriter, summaryOp: summary.scalar('loss') }),
  ];
}

function compiled(): tf.LayersModel {
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2] })] });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  return model;
}

async function fit(hooks: readonly SessionRunHook[], steps = STEPS): Promise<void> {
  const model = compiled();
  const [xs, ys] = [tf.ones([steps, 2]), tf.ones([steps, 1])];
  const callbacks = toCallback(hooks, { logger: lineLogger(), yieldEvery: 'never' });
  await model.fit(xs, ys, { batchSize: 1, verbose: 0, callbacks });
}

/** The same callback, and a step of it as `fit` calls it. */
async function stepping(
  hooks: readonly SessionRunHook[],
): Promise<{ step(): unknown[]; end(): Promise<void> }> {
  const callback = toCallback(hooks, { logger: lineLogger(), yieldEvery: 'never' });
  callback.setParams({ epochs: 1, steps: NEVER, metrics: ['loss'] });
  callback.setModel(compiled());
  await callback.onTrainBegin();
  await callback.onEpochBegin(0);
  let batch = 0;
  const step = (): unknown[] => {
    const logs = { batch, size: 1, loss: tf.scalar(0.5) };
    const results = [callback.onBatchBegin(batch, logs), callback.onBatchEnd(batch, logs)];
    batch += 1;
    void Promise.allSettled(results).then(() => logs.loss.dispose());
    return results;
  };
  return { step, end: () => callback.onTrainEnd() };
}

describe('A step of nine idle hooks', () => {
  it('reads nothing back, but for what two of them read in the first', async () => {
    const bare = await readsOf(() => fit([]));
    expect((await readsOf(() => fit(idleHooks()))) - bare).toBe(1);
  });

  it('awaits nothing', async () => {
    const { step, end } = await stepping(idleHooks());
    await Promise.all(step());
    for (let i = 0; i < STEPS; i++) {
      expect(step()).toEqual([undefined, undefined]);
      await Promise.resolve();
    }
    await end();
  });

  it('makes one tensor for a metric, however many hooks there are, and keeps one', async () => {
    const made = async (hooks: readonly SessionRunHook[]): Promise<number> => {
      const { step, end } = await stepping(hooks);
      await Promise.all(step());
      await new Promise(setImmediate);
      const before = tf.memory().numTensors;
      const first = tf.scalar(0);
      for (let i = 0; i < STEPS; i++) {
        await Promise.all(step());
        await new Promise(setImmediate);
      }
      const last = tf.scalar(0);
      // Beside the two around them, and the metric that `fit` makes in each step.
      const count = last.id - first.id - 1 - STEPS;
      tf.dispose([first, last]);
      expect(tf.memory().numTensors - before).toBeLessThanOrEqual(1);
      await end();
      return count;
    };
    expect(await made([{}])).toBe(STEPS);
    expect(await made(idleHooks())).toBe(STEPS);
  });
});

describe('Event files', () => {
  function writesOf(hooks: readonly SessionRunHook[]): () => Promise<number> {
    return async () => {
      const write = jest.spyOn(fs, 'writeSync');
      await fit(hooks);
      const count = write.mock.calls.length;
      write.mockRestore();
      return count;
    };
  }

  const saver = (saveSteps: number): SessionRunHook =>
    new SummarySaverHook({ saveSteps, outputDir: dir, summaryOp: summary.scalar('loss') });

  it('are written once a step, however many hooks write there', async () => {
    const none = await writesOf([saver(NEVER)])();
    const one = await writesOf([saver(1)])();
    const three = await writesOf([saver(1), saver(1), saver(1)])();
    expect(one - none).toBe(STEPS - 1);
    expect(three).toBe(one);
  });

  it('are not written in steps in which no hook writes', async () => {
    const none = await writesOf([saver(NEVER)])();
    expect((await writesOf([saver(STEPS / 2)])()) - none).toBe(1);
  });
});
