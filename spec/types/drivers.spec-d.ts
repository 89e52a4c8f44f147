import * as tf from '@tensorflow/tfjs';
import { expectTypeOf } from 'expect-type';
import {
  callbackList,
  checkpointInfo,
  checkpoints,
  evaluate,
  eventFileWriter,
  fileSystem,
  GlobalStep,
  latestCheckpoint,
  type Logs,
  MonitoredSession,
  processSignal,
  type Session,
  type SessionRunHook,
  StopAtStepHook,
  type SummaryWriter,
  toCallback,
  toHook,
} from 'tfjs-hooks';

declare const model: tf.LayersModel;
declare const x: tf.Tensor;
const hook = new StopAtStepHook({ numSteps: 1 });

// One hook or several, with options or without.
expectTypeOf(toCallback(hook)).toExtend<tf.CustomCallback>();
expectTypeOf(toCallback([hook, {}], { restoreFrom: 'run' })).toExtend<tf.CustomCallback>();
void model.fit(x, x, { callbacks: toCallback([hook]) });
void model.fit(x, x, { callbacks: [toCallback([hook]), tf.callbacks.earlyStopping()] });
// @ts-expect-error No hook.
toCallback(1);
// @ts-expect-error No such option.
toCallback(hook, { restoreForm: 'run' });
// @ts-expect-error Not when fit yields.
toCallback(hook, { yieldEvery: 'step' });

// All options of a driver.
toCallback(hook, {
  globalStep: new GlobalStep(0, 'step'),
  clock: { now: () => 0, sleep: async () => undefined },
  logger: console,
  signal: new AbortController().signal,
  restoreFrom: 'run',
  summaryFileWriter: (dir) => eventFileWriter(dir),
  model,
  yieldEvery: 'auto',
});
// A counter that several workers share.
toCallback(hook, {
  globalStep: {
    name: 'global_step',
    value: Promise.resolve(1),
    increment: async (by?: number) => by ?? 1,
  },
});
// @ts-expect-error No counter.
toCallback(hook, { globalStep: 1 });

// Any mix, in any order.
expectTypeOf(
  callbackList([
    hook,
    tf.callbacks.earlyStopping(),
    { onBatchEnd: async () => undefined },
    toCallback(hook),
  ]),
).toExtend<tf.CustomCallback[]>();
void model.fit(x, x, { callbacks: callbackList([hook, { onEpochEnd: () => undefined }]) });
// @ts-expect-error Neither a hook nor a callback.
callbackList(1);

expectTypeOf(toHook(tf.callbacks.earlyStopping())).toExtend<SessionRunHook>();
expectTypeOf(toHook({ onEpochEnd: async () => undefined })).toExtend<SessionRunHook>();

const run = new MonitoredSession({ hooks: [hook], model, optimizer: tf.train.sgd(0.1) });
expectTypeOf(run.session).toExtend<Session>();
expectTypeOf(run.shouldStop).toEqualTypeOf<boolean>();
expectTypeOf(run.globalStep).toEqualTypeOf<number>();
expectTypeOf(run.begin()).toExtend<Promise<void>>();
expectTypeOf(run.close()).toExtend<Promise<void>>();
expectTypeOf(run.abort(new Error('enough'))).toExtend<Promise<void>>();
expectTypeOf(run.run(() => tf.scalar(1))).resolves.toEqualTypeOf<Logs>();
expectTypeOf(run.run(async () => [1, 2])).resolves.toEqualTypeOf<Logs>();
void run.run(() => ({ loss: 1 }));
void run.run(() => null);
void run.run(() => undefined);
new MonitoredSession({ hooks: hook, variables: [tf.variable(tf.scalar(1))] });
// @ts-expect-error A step gives numbers.
void run.run(() => 'loss');
// @ts-expect-error No such option.
new MonitoredSession({ hooks: [hook], models: model });

expectTypeOf(
  evaluate(model, [x, x], { hooks: [hook], batchSize: 8 }),
).resolves.toEqualTypeOf<Logs>();
void evaluate(model, [[x], { y: x }], { hooks: hook });
void evaluate(
  model,
  tf.data.array([1]).map(() => ({ xs: x, ys: x })),
  { hooks: [] },
);
// @ts-expect-error No pair.
void evaluate(model, [x], { hooks: [hook] });
// @ts-expect-error No such option.
void evaluate(model, [x, x], { hooks: [hook], batchsize: 8 });

expectTypeOf(latestCheckpoint('run')).resolves.toEqualTypeOf<string | null>();
expectTypeOf(checkpoints('run')).resolves.toExtend<readonly string[]>();
declare const info: NonNullable<Awaited<ReturnType<typeof checkpointInfo>>>;
expectTypeOf(info.globalStep).toEqualTypeOf<number>();
expectTypeOf(info.epoch).toEqualTypeOf<number>();
expectTypeOf(info.batch).toEqualTypeOf<number>();
expectTypeOf(info.path).toEqualTypeOf<string>();
expectTypeOf(info.time).toEqualTypeOf<number>();

const writer = eventFileWriter('run', { maxQueue: 1, flushSecs: 1, filenameSuffix: '.v2' });
expectTypeOf(writer).toExtend<SummaryWriter>();
writer.scalar('loss', 1, 1n);
writer.image('images', tf.zeros([1, 2, 2, 3]), 1, 3);
writer.text('notes', 'text', 1);
writer.close();
// @ts-expect-error No such option.
eventFileWriter('run', { queue: 1 });

expectTypeOf(fileSystem('model')).toExtend<tf.io.IOHandler>();
expectTypeOf(processSignal('SIGTERM', 'SIGINT')).toExtend<AbortSignal>();
// @ts-expect-error No signal.
processSignal(9);
