import { expectTypeOf } from 'expect-type';
import {
  CheckpointSaverHook,
  FinalOpsHook,
  GlobalStepWaiterHook,
  LoggingTensorHook,
  NanLossDuringTrainingError,
  NanTensorHook,
  Saver,
  Scaffold,
  SecondOrStepTimer,
  StepCounterHook,
  StopAfterNEvalsHook,
  StopAtStepHook,
  summary,
  SummarySaverHook,
  type SummaryWriter,
  ValueError,
} from 'tfjs-hooks';

declare const writer: SummaryWriter;

new GlobalStepWaiterHook({ waitUntilStep: -1 });
// @ts-expect-error Needs its step.
new GlobalStepWaiterHook({});
// @ts-expect-error As a number.
new GlobalStepWaiterHook({ waitUntilStep: '10' });

new FinalOpsHook({ finalOps: ['loss'], finalOpsFeedDict: { x: 1 } });
// @ts-expect-error Needs its fetches.
new FinalOpsHook({});
// @ts-expect-error No such option.
new FinalOpsHook({ finalOps: 'loss', finalOp: 'loss' });

new StepCounterHook();
new StepCounterHook({ everyNSecs: 10, outputDir: 'run' });
new StepCounterHook({ everyNSteps: 10, summaryWriter: writer });
// @ts-expect-error Misspelt.
new StepCounterHook({ everyNStep: 10 });
// @ts-expect-error No writer.
new StepCounterHook({ summaryWriter: {} });

new LoggingTensorHook({ tensors: ['loss', () => 1], everyNIter: 100 });
new LoggingTensorHook({ tensors: { a: 'loss' }, everyNSecs: 10, formatter: String });
new LoggingTensorHook({ tensors: ['loss'], atEnd: true });
// @ts-expect-error Needs its tensors.
new LoggingTensorHook({ everyNIter: 100 });
// @ts-expect-error TensorFlow's spelling.
new LoggingTensorHook({ tensors: ['loss'], every_n_iter: 100 });
// @ts-expect-error A formatter gives a line.
new LoggingTensorHook({ tensors: ['loss'], everyNIter: 1, formatter: () => 1 });

new CheckpointSaverHook({ checkpointDir: 'run', saveSteps: 500 });
new CheckpointSaverHook({
  checkpointDir: 'run',
  saveSecs: 600,
  saver: new Saver({ maxToKeep: null, keepCheckpointEveryNHours: 1, includeOptimizer: false }),
  checkpointBasename: 'model',
  listeners: [{ afterSave: () => true }],
});
new CheckpointSaverHook({ checkpointDir: 'run', saveSteps: 1, scaffold: new Scaffold({}) });
// @ts-expect-error Needs its directory.
new CheckpointSaverHook({ saveSteps: 500 });
// @ts-expect-error No listener.
new CheckpointSaverHook({ checkpointDir: 'run', saveSteps: 1, listeners: [{ afterSave: 1 }] });
// @ts-expect-error No such option of a saver.
new Saver({ maxToKeeps: 1 });

new StopAfterNEvalsHook({ numEvals: 10, logProgress: false });
new StopAfterNEvalsHook({ numEvals: null });
// @ts-expect-error Needs its number.
new StopAfterNEvalsHook({});

new StopAtStepHook({ numSteps: 500 });
new StopAtStepHook({ lastStep: 500 });
// @ts-expect-error One of the two.
new StopAtStepHook({});
// @ts-expect-error And not both.
new StopAtStepHook({ numSteps: 500, lastStep: 500 });
// @ts-expect-error Misspelt.
new StopAtStepHook({ numStep: 500 });
// @ts-expect-error Without options there is none of the two.
new StopAtStepHook();

new NanTensorHook();
new NanTensorHook({ lossTensor: 'val_loss', failOnNanLoss: false });
// @ts-expect-error No fetch.
new NanTensorHook({ lossTensor: 1 });
expectTypeOf(new NanLossDuringTrainingError('nan')).toExtend<Error>();
expectTypeOf(new ValueError('wrong')).toExtend<Error>();

new SummarySaverHook({ saveSteps: 50, outputDir: 'run', summaryOp: summary.scalar('loss') });
new SummarySaverHook({
  saveSecs: 50,
  summaryWriter: writer,
  summaryOp: [
    summary.histogram('weights', 'dense/kernel', { buckets: 10 }),
    summary.merge([summary.image('images', () => 1, { maxOutputs: 1 }), summary.text('t', 'text')]),
  ],
});
// @ts-expect-error An image has no default of what to draw.
summary.image('images');
// @ts-expect-error No such option.
summary.histogram('weights', 'dense/kernel', { bucket: 10 });
// @ts-expect-error No summary.
new SummarySaverHook({ saveSteps: 50, outputDir: 'run', summaryOp: 'loss' });

const timer = new SecondOrStepTimer({ everySteps: 10 });
expectTypeOf(timer.shouldTriggerForStep(1)).toEqualTypeOf<boolean>();
expectTypeOf(timer.updateLastTriggeredStep(1)).toExtend<readonly [number | null, number | null]>();
expectTypeOf(timer.lastTriggeredStep()).toEqualTypeOf<number | null>();
