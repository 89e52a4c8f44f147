import type * as tf from '@tensorflow/tfjs';
import { expectTypeOf } from 'expect-type';
import {
  CheckpointSaverHook,
  type CheckpointSaverListener,
  type Clock,
  type FeedDict,
  type Fetch,
  FinalOpsHook,
  GlobalStepWaiterHook,
  type Logger,
  LoggingTensorHook,
  type Logs,
  type Model,
  NanTensorHook,
  type Params,
  type Session,
  type SessionRunArgs,
  type SessionRunContext,
  type SessionRunHook,
  type SessionRunValues,
  StepCounterHook,
  StopAfterNEvalsHook,
  StopAtStepHook,
  summary,
  SummarySaverHook,
  type SummaryWriter,
} from 'tfjs-hooks';

// Any method may be left out; a plain object is a hook.
expectTypeOf({}).toExtend<SessionRunHook>();
expectTypeOf({ end: async (_: Session) => undefined }).toExtend<SessionRunHook>();

// Hooks of any fetches go into one array.
const hooks: SessionRunHook[] = [
  new GlobalStepWaiterHook({ waitUntilStep: 10 }),
  new FinalOpsHook({ finalOps: { loss: 'loss' } }),
  new StepCounterHook(),
  new LoggingTensorHook({ tensors: ['loss'], everyNIter: 1 }),
  new CheckpointSaverHook({ checkpointDir: 'run', saveSteps: 1 }),
  new StopAfterNEvalsHook({ numEvals: null }),
  new StopAtStepHook({ lastStep: 1 }),
  new NanTensorHook(),
  new SummarySaverHook({ saveSteps: 1, outputDir: 'run', summaryOp: summary.scalar('loss') }),
  {
    afterRun: (context: SessionRunContext) => {
      context.requestStop('enough');
    },
  },
];
const typed: SessionRunHook<{ a: 'loss' }> = {
  beforeRun: (): SessionRunArgs<{ a: 'loss' }> => ({ fetches: { a: 'loss' } }),
  afterRun: (_: SessionRunContext, { results }: SessionRunValues<{ a: 'loss' }>) => {
    expectTypeOf(results.a).toEqualTypeOf<number>();
  },
};
hooks.push(typed);

// @ts-expect-error No hook: what a method takes is not what a hook is given.
const wrong: SessionRunHook = { begin: (session: { readonly nothing: number }) => session };
// @ts-expect-error A method is a function.
const wronger: SessionRunHook = { end: 1 };

// The session only reads.
declare const session: Session;
// @ts-expect-error Steps are counted by the driver.
session.globalStep = 1;
// @ts-expect-error Stopping is asked for by the context.
session.stopReason = 'enough';
expectTypeOf(session.clock).toEqualTypeOf<Clock>();
expectTypeOf(session.logger).toEqualTypeOf<Logger>();
expectTypeOf(session.params).toEqualTypeOf<Params | undefined>();
expectTypeOf(session.model).toEqualTypeOf<Model | undefined>();
expectTypeOf<Logs[string]>().toEqualTypeOf<number>();

// Loggers, writers and models that there are fit as they are.
expectTypeOf(console).toExtend<Logger>();
expectTypeOf<tf.LayersModel>().toExtend<Model>();
expectTypeOf<tf.Sequential>().toExtend<Model>();
expectTypeOf({
  scalar: (_name: string, _value: tf.Scalar | number, _step: number): void => undefined,
  histogram: (_n: string, _data: tf.Tensor, _step: number, _buckets?: number): void => undefined,
  flush: (): void => undefined,
}).toExtend<SummaryWriter>();
expectTypeOf({ x: [[1, 2]] }).toExtend<FeedDict>();
expectTypeOf('loss').toExtend<Fetch>();

// A listener may ask to stop, and leave everything out.
expectTypeOf({}).toExtend<CheckpointSaverListener>();
expectTypeOf({
  afterSave: (_: Session, step: number) => step > 1,
}).toExtend<CheckpointSaverListener>();

export { hooks, wrong, wronger };
