// The hooks that benchmarks run, and the calls that `fit` makes of a callback.
import * as tf from '@tensorflow/tfjs';
import {
  CheckpointSaverHook,
  FinalOpsHook,
  GlobalStepWaiterHook,
  LoggingTensorHook,
  NanTensorHook,
  StepCounterHook,
  StopAfterNEvalsHook,
  StopAtStepHook,
  summary,
  SummarySaverHook,
} from 'tfjs-hooks';

/** @typedef {import('tfjs-hooks').SessionRunHook} SessionRunHook */
/** @typedef {{ batch: number, size: number, loss: tf.Scalar, acc: tf.Scalar }} StepLogs */

/** Saves nothing, so that what the hook itself costs is seen. */
export const noSaver = { save: () => {} };

/** Writes nothing. */
export const noWriter = { scalar: () => {}, flush: () => {} };

export const quiet = { info: () => {}, warn: () => {}, error: () => {} };

const NEVER = 2 ** 40;

/**
 * All nine hooks of the package, set so that none asks for anything once training is under way.
 * `NanTensorHook` looks at the loss in every step, so that a second hook that stops stands for it.
 *
 * @returns {SessionRunHook[]}
 */
export function idleHooks() {
  return [
    new GlobalStepWaiterHook({ waitUntilStep: 0 }),
    new FinalOpsHook({ finalOps: null }),
    new StepCounterHook({ everyNSteps: NEVER }),
    new LoggingTensorHook({ tensors: ['loss'], everyNIter: NEVER }),
    new CheckpointSaverHook({ checkpointDir: 'unused', saveSteps: NEVER, saver: noSaver }),
    new StopAfterNEvalsHook({ numEvals: NEVER, logProgress: false }),
    new StopAtStepHook({ lastStep: NEVER }),
    new StopAtStepHook({ numSteps: NEVER }),
    new SummarySaverHook({
      saveSteps: NEVER,
      summaryWriter: noWriter,
      summaryOp: summary.scalar('loss'),
    }),
  ];
}

/**
 * Hooks written as plain objects, as users write them.
 *
 * @param {number} count
 * @returns {SessionRunHook[]}
 */
export function plainHooks(count) {
  return Array.from({ length: count }, () => ({ begin() {}, beforeRun() {}, afterRun() {} }));
}

/**
 * The nine hooks as they are commonly set: what reads and writes does so every 100 steps.
 *
 * @param {{ checkpointDir?: string, outputDir?: string, nan?: boolean }} [options] Without
 *   directories nothing is written. `nan`: with `NanTensorHook`, which reads the loss every step.
 * @returns {SessionRunHook[]}
 */
export function commonHooks({ checkpointDir, outputDir, nan = false } = {}) {
  const output = outputDir === undefined ? { summaryWriter: noWriter } : { outputDir };
  return [
    new GlobalStepWaiterHook({ waitUntilStep: 0 }),
    new FinalOpsHook({ finalOps: 'loss' }),
    new StepCounterHook(outputDir === undefined ? {} : { outputDir }),
    new LoggingTensorHook({ tensors: ['loss', 'acc'], everyNIter: 100 }),
    new CheckpointSaverHook({
      checkpointDir: checkpointDir ?? 'unused',
      saveSecs: 600,
      ...(checkpointDir === undefined ? { saver: noSaver } : {}),
    }),
    new StopAfterNEvalsHook({ numEvals: NEVER }),
    new StopAtStepHook({ lastStep: NEVER }),
    nan ? new NanTensorHook() : new StopAtStepHook({ numSteps: NEVER }),
    new SummarySaverHook({ saveSteps: 100, ...output, summaryOp: summary.scalar('loss') }),
  ];
}

/**
 * A callback and the calls that `fit` makes of it, without `fit`.
 */
export class Calls {
  /** @param {tf.CustomCallback} callback */
  constructor(callback) {
    this.callback = callback;
    /** @type {{ stopTraining: boolean }} */
    this.model = smallModel();
  }

  async begin() {
    this.callback.setParams({ epochs: 1, initialEpoch: 0, steps: NEVER, metrics: ['loss', 'acc'] });
    this.callback.setModel(/** @type {never} */ (this.model));
    await this.callback.onTrainBegin();
    await this.callback.onEpochBegin(0);
  }

  async end() {
    await this.callback.onEpochEnd(0, {});
    await this.callback.onTrainEnd();
  }

  /** @param {readonly StepLogs[]} logs Of each step. */
  async steps(logs) {
    const { callback } = this;
    for (let i = 0; i < logs.length; i++) {
      const own = logs[i];
      await callback.onBatchBegin(i, own);
      await callback.onBatchEnd(i, own);
    }
  }
}

/**
 * What `fit` hands over with so many steps; tensors that nobody has disposed are.
 *
 * @param {number} count
 * @param {(logs: readonly StepLogs[]) => Promise<number>} use
 */
export async function withLogs(count, use) {
  const logs = Array.from({ length: count }, (_, batch) => ({
    batch,
    size: 32,
    loss: tf.scalar(0.5),
    acc: tf.scalar(0.25),
  }));
  try {
    return await use(logs);
  } finally {
    for (const { loss, acc } of logs) {
      tf.dispose([loss, acc]);
    }
  }
}

export function smallModel() {
  const model = tf.sequential({
    layers: [tf.layers.dense({ units: 1, inputShape: [2], activation: 'sigmoid' })],
  });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError', metrics: ['accuracy'] });
  return model;
}

/** Counts what is read back from the device until `stop` is called. */
export function countReads() {
  const backend = /** @type {{ read: Function, readSync: Function }} */ (
    /** @type {unknown} */ (tf.backend())
  );
  const { read, readSync } = backend;
  let count = 0;
  let inside = false;
  /** @param {() => unknown} act */
  const note = (act) => {
    // The backend's `read` goes through its own `readSync`, which is no second read.
    if (inside) {
      return act();
    }
    count += 1;
    inside = true;
    try {
      return act();
    } finally {
      inside = false;
    }
  };
  backend.read = (/** @type {object} */ id) => note(() => read.call(backend, id));
  backend.readSync = (/** @type {object} */ id) => note(() => readSync.call(backend, id));
  return {
    stop: () => {
      backend.read = read;
      backend.readSync = readSync;
      return count;
    },
  };
}

/**
 * Holds the event loop up for so long, as a step that computes does.
 *
 * @param {number} milliseconds
 */
export function compute(milliseconds) {
  const until = performance.now() + milliseconds;
  let turns = 0;
  while (performance.now() < until) {
    turns += 1;
  }
  return turns;
}
