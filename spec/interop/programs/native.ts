import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {
  callbackList,
  checkpoints,
  CheckpointSaverHook,
  evaluate,
  eventFileWriter,
  fileSystem,
  FinalOpsHook,
  GlobalStepWaiterHook,
  latestCheckpoint,
  LoggingTensorHook,
  MonitoredSession,
  NanTensorHook,
  StepCounterHook,
  StopAfterNEvalsHook,
  StopAtStepHook,
  summary,
  SummarySaverHook,
  toCallback,
} from 'tfjs-hooks';
import type { CallbackOptions, Logger, SessionRunHook, SummaryWriter } from 'tfjs-hooks';

import { replayAll } from '../../support/trace-all.js';
import type { Replayed } from '../../support/trace-all.js';
import { TraceClock } from '../../support/trace-clock.js';
import { loadScenarios } from '../../support/traces.js';

/** What `@tensorflow/tfjs-node` has beyond tfjs. */
interface Native {
  readonly node: {
    readonly summaryFileWriter: (dir: string) => SummaryWriter;
    readonly tensorBoard: (dir: string) => tf.CustomCallback;
  };
}

export type Tasks = typeof tasks;
export type Task = keyof Tasks;

/** What the parent gets. */
export interface Answer {
  readonly result?: unknown;
  readonly error?: string;
}

let native: Native;

/** A model whose training is the same every time, and data for it. */
function regression(): { model: tf.LayersModel; xs: tf.Tensor2D; ys: tf.Tensor2D } {
  const model = tf.sequential({
    layers: [
      tf.layers.dense({
        name: 'hidden',
        units: 4,
        activation: 'tanh',
        inputShape: [3],
        kernelInitializer: tf.initializers.glorotUniform({ seed: 1 }),
      }),
      tf.layers.dense({
        name: 'out',
        units: 1,
        kernelInitializer: tf.initializers.glorotUniform({ seed: 2 }),
      }),
    ],
  });
  model.compile({ loss: 'meanSquaredError', optimizer: tf.train.adam(0.01), metrics: ['mae'] });
  const xs = tf.randomUniform<tf.Rank.R2>([32, 3], -1, 1, 'float32', 3);
  const ys = tf.tidy(() => tf.sum<tf.Tensor2D>(xs, 1, true));
  return { model, xs, ys };
}

/** Trains for so many epochs of four steps. */
async function fit(
  hooks: readonly SessionRunHook[],
  options: CallbackOptions = {},
  epochs: number = 2,
): Promise<tf.LayersModel> {
  const { model, xs, ys } = regression();
  try {
    await model.fit(xs, ys, {
      epochs,
      batchSize: 8,
      shuffle: false,
      verbose: 0,
      callbacks: toCallback(hooks, { logger: silent, ...options }),
    });
  } finally {
    tf.dispose([xs, ys]);
  }
  return model;
}

const silent: Logger = { info() {}, warn() {}, error() {} };

/** A hook that lets a second pass in each step. */
function passing(clock: TraceClock): SessionRunHook {
  return { afterRun: () => clock.advance(0.5) };
}

/** A hook that keeps the losses. */
function losses(kept: number[]): SessionRunHook {
  return {
    beforeRun: () => ({ fetches: 'loss' }),
    afterRun: (_context, { results }) => void kept.push(results as number),
  };
}

async function messageOf(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
    return '';
  } catch (error) {
    return String(error);
  }
}

const tasks = {
  /** What the program runs on. */
  backend: async (): Promise<{ backend: string; hasBinding: boolean }> => ({
    backend: tf.getBackend(),
    hasBinding: typeof native.node.summaryFileWriter === 'function',
  }),

  /** Trains with the native writer as the `summaryWriter` of two hooks. */
  writer: async (dir: string): Promise<{ losses: number[]; kernels: number[][] }> => {
    const kept: number[] = [];
    const kernels: number[][] = [];
    const clock = new TraceClock(0);
    const summaryWriter = native.node.summaryFileWriter(dir);
    await fit(
      [
        losses(kept),
        {
          beforeRun: () => ({ fetches: 'hidden/kernel' }),
          afterRun: (_context, { results }) => void kernels.push((results as number[][]).flat()),
        },
        new StepCounterHook({ everyNSteps: 2, summaryWriter }),
        new SummarySaverHook({
          saveSteps: 1,
          summaryWriter,
          summaryOp: [
            summary.scalar('loss'),
            summary.histogram('kernel', 'hidden/kernel', { buckets: 4 }),
          ],
        }),
        passing(clock),
      ],
      { clock },
    );
    return { losses: kept, kernels };
  },

  /** Trains twice with the native writers as the driver's option; gives what they were opened for. */
  option: async (dir: string): Promise<{ opened: string[]; losses: number[] }> => {
    const opened: string[] = [];
    const kept: number[] = [];
    const summaryFileWriter = (path: string): SummaryWriter => {
      opened.push(path);
      return native.node.summaryFileWriter(path);
    };
    const clock = new TraceClock(0);
    for (const run of ['a', 'b']) {
      await fit(
        [
          losses(kept),
          new StepCounterHook({ everyNSteps: 1, outputDir: join(dir, run) }),
          new SummarySaverHook({
            saveSteps: 1,
            outputDir: `${join(dir, run)}/`,
            summaryOp: summary.scalar('loss'),
          }),
          passing(clock),
        ],
        { clock, summaryFileWriter },
        1,
      );
    }
    // And as it is, which must do.
    await fit(
      [
        new SummarySaverHook({
          saveSteps: 1,
          outputDir: join(dir, 'as it is'),
          summaryOp: summary.scalar('loss'),
        }),
      ],
      { summaryFileWriter: native.node.summaryFileWriter },
      1,
    );
    return { opened, losses: kept };
  },

  /** What comes of summaries that the native writer has no method for. */
  cannot: async (dir: string): Promise<{ messages: string[]; steps: number }> => {
    let steps = 0;
    const counting = { afterRun: () => void (steps += 1) };
    const summaryWriter = native.node.summaryFileWriter(dir);
    const messages: string[] = [];
    const ops = [
      summary.image('picture', () => tf.zeros([1, 2, 2, 1])),
      summary.text('note', () => tf.tensor('text')),
      summary.scalar('loss', 'loss', { description: 'what it is' }),
    ];
    for (const summaryOp of ops) {
      const { model, xs, ys } = regression();
      const hook = new SummarySaverHook({ saveSteps: 1, summaryWriter, summaryOp });
      messages.push(
        await messageOf(() =>
          model.fit(xs, ys, { verbose: 0, callbacks: toCallback([hook, counting]) }),
        ),
      );
      tf.dispose([xs, ys]);
    }
    return { messages, steps };
  },

  /** All nine hooks in one training, and one evaluation. */
  nine: async (dir: string): Promise<Nine> => {
    const lines: string[] = [];
    const logger = { ...silent, info: (line: string) => void lines.push(line) };
    const clock = new TraceClock(0);
    const { model, xs, ys } = regression();
    const finalOps = new FinalOpsHook({ finalOps: ['loss', 'global_step'] });
    const makeHooks = (lastStep: number): SessionRunHook[] => [
      new GlobalStepWaiterHook({ waitUntilStep: 0 }),
      new StopAtStepHook({ lastStep }),
      new NanTensorHook(),
      new LoggingTensorHook({ tensors: ['loss', 'mae'], everyNIter: 3, atEnd: true }),
      new StepCounterHook({ everyNSteps: 2, outputDir: dir }),
      new CheckpointSaverHook({ checkpointDir: dir, saveSteps: 3 }),
      new SummarySaverHook({
        saveSteps: 1,
        outputDir: dir,
        summaryOp: [
          summary.scalar('loss', 'loss', { description: 'The **loss**.' }),
          summary.histogram('kernel', 'hidden/kernel'),
          summary.image('kernel as image', () => tf.tidy(() => tf.zeros([1, 3, 4, 1]).add(0.5))),
          summary.text('note', () => tf.tensor('on the native backend')),
        ],
      }),
      finalOps,
      new StopAfterNEvalsHook({ numEvals: 100, logProgress: false }),
      passing(clock),
    ];
    const train = async (lastStep: number): Promise<void> => {
      await model.fit(xs, ys, {
        epochs: 100,
        batchSize: 8,
        shuffle: false,
        verbose: 0,
        callbacks: toCallback(makeHooks(lastStep), { logger, clock }),
      });
    };
    await train(7);
    const counts: number[] = [];
    for (const lastStep of [9, 11, 13]) {
      await train(lastStep);
      counts.push(tf.memory().numTensors);
    }
    const own = await evaluate(model, [xs, ys], {
      hooks: new StopAfterNEvalsHook({ numEvals: 4 }),
      batchSize: 8,
      logger,
    });
    const theirs = model.evaluate(xs, ys, { batchSize: 8 }) as tf.Scalar[];
    return {
      lines,
      counts,
      finalOps: finalOps.finalOpsValues as number[],
      checkpoints: await checkpoints(dir),
      files: readdirSync(dir).filter((name) => name.includes('tfevents')).length,
      evaluated: [own, theirs.map((one) => one.dataSync()[0])],
    };
  },

  /** Trains, saves, and loads what was saved in three ways; and goes on from it. */
  checkpoint: async (dir: string): Promise<Checkpointed> => {
    const saver = (checkpointDir: string): SessionRunHook =>
      new CheckpointSaverHook({ checkpointDir, saveSteps: 100 });
    const first = await fit([saver(dir)], {}, 2);
    const path = (await latestCheckpoint(dir)) ?? '';
    const input = tf.ones([1, 3]);
    const predict = (model: tf.LayersModel): number[] =>
      tf.tidy(() => [...(model.predict(input) as tf.Tensor).dataSync()]);
    const byNative = await tf.loadLayersModel(`file://${path}/model.json`);
    const byOurs = await tf.loadLayersModel(fileSystem(path));
    await first.save(`file://${dir}/saved-natively`);
    const fromNative = await tf.loadLayersModel(fileSystem(join(dir, 'saved-natively')));
    // As the same training without a break.
    const whole: number[] = [];
    await fit([losses(whole)], {}, 4);
    const rest: number[] = [];
    await fit([losses(rest)], { restoreFrom: dir }, 2);
    return {
      path,
      predictions: [first, byNative, byOurs, fromNative].map(predict),
      whole,
      rest,
    };
  },

  /** Whether training leaves tensors behind, in order and not. */
  leaks: async (dir: string): Promise<{ monitored: number; aborted: number }> => {
    const { model, xs, ys } = regression();
    const hooks = (): SessionRunHook[] => [
      new NanTensorHook(),
      new LoggingTensorHook({ tensors: ['loss', 'hidden/kernel'], everyNIter: 1 }),
      new SummarySaverHook({
        saveSteps: 1,
        outputDir: dir,
        summaryOp: [
          summary.histogram('kernel', 'hidden/kernel'),
          summary.image('image', () => tf.zeros([1, 2, 2, 3])),
        ],
      }),
    ];
    const train = async (steps: number): Promise<void> => {
      const session = new MonitoredSession({ model, hooks: hooks(), logger: silent });
      await session.begin();
      for (let i = 0; i < steps; i++) {
        await session.run(async () => model.trainOnBatch(xs, ys));
      }
      await session.close();
    };
    await train(2);
    const before = tf.memory().numTensors;
    await train(5);
    const monitored = tf.memory().numTensors - before;
    await messageOf(async () => {
      const session = new MonitoredSession({ model, hooks: hooks(), logger: silent });
      await session.begin();
      await session.run(() => tf.scalar(Number.NaN));
    });
    return { monitored, aborted: tf.memory().numTensors - before };
  },

  /** Our own writer, given tensors of the native backend. */
  ownWriter: async (dir: string): Promise<void> => {
    const writer = eventFileWriter(dir);
    writer.histogram('weights', tf.tensor1d([0, 1, 2, 3, 4, 4]), 7, 2);
    writer.histogram('bools', tf.tensor1d([true, false, true], 'bool'), 1, 2);
    writer.histogram('ints', tf.tensor1d([1, 2, 2 ** 31 - 1], 'int32'), 1, 1);
    writer.text('strings', tf.tensor1d(['first', '学習 📉']), 5);
    writer.image('grey', tf.tensor4d([0, 64, 128, 255], [1, 2, 2, 1], 'int32'), 1);
    writer.image('rgb', tf.tensor4d([0, 0.5, 1, 1, 0, 0.25], [2, 1, 1, 3]), 2);
    const gone = tf.scalar(1);
    gone.dispose();
    const message = await messageOf(async () => writer.histogram('gone', gone, 1));
    writer.text('message', message, 1);
    writer.close();
  },

  /** `tf.node.tensorBoard` beside hooks. */
  callback: async (dir: string): Promise<{ steps: number }> => {
    let steps = 0;
    const { model, xs, ys } = regression();
    await model.fit(xs, ys, {
      epochs: 2,
      batchSize: 8,
      verbose: 0,
      callbacks: callbackList([
        { afterRun: () => void (steps += 1) },
        native.node.tensorBoard(dir),
        new StopAtStepHook({ lastStep: 6 }),
      ]),
    });
    return { steps };
  },

  /** Replays recordings of TensorFlow's hooks; gives how many, and those that differ. */
  traces: async (path: string): Promise<Replayed> => replayAll(loadScenarios(path)),
};

interface Nine {
  readonly lines: string[];
  /** Tensors behind each further training. */
  readonly counts: number[];
  readonly finalOps: number[];
  readonly checkpoints: string[];
  readonly files: number;
  readonly evaluated: unknown[];
}

interface Checkpointed {
  readonly path: string;
  /** Of the model as trained, loaded by tfjs-node, by us, and by us what tfjs-node saved. */
  readonly predictions: number[][];
  readonly whole: number[];
  readonly rest: number[];
}

process.once('message', ([name, task, args]: [string, Task, never[]]) => {
  const run = async (): Promise<unknown> => {
    // A name in a variable: bundled or not, it is this package's own tfjs that is meant.
    native = (await import(name)) as Native;
    return (tasks[task] as (...given: never[]) => Promise<unknown>)(...args);
  };
  const answer = (message: Answer): void => void process.send?.(message);
  run().then(
    (result) => answer({ result }),
    (error: unknown) =>
      answer({ error: error instanceof Error ? String(error.stack) : String(error) }),
  );
});
