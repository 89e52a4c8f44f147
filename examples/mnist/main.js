// Trains a network on handwritten digits, with all nine hooks at work. See README.md.
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';

import {
  checkpointInfo,
  CheckpointSaverHook,
  evaluate,
  FinalOpsHook,
  GlobalStep,
  GlobalStepWaiterHook,
  LoggingTensorHook,
  NanTensorHook,
  processSignal,
  StepCounterHook,
  StopAfterNEvalsHook,
  StopAtStepHook,
  summary,
  SummarySaverHook,
  toCallback,
} from 'tfjs-hooks';

import { readDigits, toTensors, TrainingBatches } from './data.js';
import { createModel, digitsOf, hardestDigits, pickBackend } from './model.js';
import { readOptions } from './options.js';
import { ProgressHook } from './progress.js';

/** @import { LayersModel } from '@tensorflow/tfjs' */
/** @import { DriverOptions, Logger, Session } from 'tfjs-hooks' */

const { dir, fresh, samples, ...limit } = readOptions(process.argv.slice(2));

if (fresh && existsSync(dir)) {
  const aside = `${dir}-until-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`;
  renameSync(dir, aside);
  console.log(`Moved the run that was there to ${aside}.`);
}

console.log(`Backend: ${await pickBackend()}.`);
const digits = readDigits(samples);
const validation = toTensors(digits.validation);
const test = toTensors(digits.test);

const globalStep = new GlobalStep();
const batches = new TrainingBatches(digits.training, 200, globalStep);
const lastStep = limit.steps ?? limit.epochs * batches.size;
const epochs = Math.ceil(lastStep / batches.size);

const checkpoint = await checkpointInfo(dir);
const firstStep = checkpoint?.globalStep ?? 0;
// As many batches of it as the step says are done: TrainingBatches gives the rest. Where data begin
// each epoch at its start, checkpoint.epoch is the one to go on with.
const firstEpoch = Math.floor(firstStep / batches.size);

if (firstStep >= lastStep) {
  console.log(`The run in ${dir} is complete: its last checkpoint is of step ${firstStep}.`);
  console.log(`To train on, add --epochs ${firstEpoch + 2}; to begin anew, add --fresh.`);
} else {
  console.log(
    checkpoint === null
      ? `Begins anew in ${dir}: step 0 of ${lastStep}, ${batches.size} steps an epoch.`
      : `Resumes from ${checkpoint.path}: step ${firstStep} of ${lastStep}, in epoch ` +
          `${firstEpoch + 1} of ${epochs}.`,
  );
  await train();
}

console.log(`
Checkpoints: ${join(dir, 'model.ckpt-*')}, each a folder that tf.loadLayersModel() can read.
Event files: in ${join(dir, 'training')} and ${join(dir, 'validation')}. To look at them:

  pip install tensorboard
  tensorboard --logdir ${dir}

and open http://localhost:6006. Scalars has loss and accuracy, training and validation in one chart;
Images has the digits that the network reads worst; Histograms has its weights.`);

async function train() {
  const startedAt = performance.now();
  const model = createModel();
  const signal = processSignal('SIGINT', 'SIGTERM');
  const progress = new ProgressHook({ lastStep, stepsPerEpoch: batches.size });
  signal.addEventListener('abort', () => {
    progress.logger.info('Stopping behind this step; once more, and it ends at once.');
  });
  const driver = { globalStep, signal, logger: progress.logger };
  const finalOps = new FinalOpsHook({
    finalOps: { step: 'global_step', answers: model.outputs },
    finalOpsFeedDict: { [String(model.inputNames[0])]: toTensors(digits.test, 10).xs },
  });

  await Promise.all([
    model.fitDataset(batches, {
      epochs,
      initialEpoch: firstEpoch,
      validationData: [validation.xs, validation.ys],
      callbacks: toCallback([progress, ...hooksFor(model), finalOps], {
        ...driver,
        restoreFrom: dir,
      }),
    }),
    evaluateHalfWay(model, driver),
  ]);

  if (signal.aborted) {
    console.log(`\nStopped at step ${globalStep.value} of ${lastStep}; its checkpoint is saved.`);
    console.log('The same command resumes there.');
    return;
  }
  const { loss = Number.NaN, acc } = await evaluate(model, [test.xs, test.ys], {
    hooks: new StopAfterNEvalsHook({ numEvals: 20 }),
    batchSize: 500,
  });
  const secs = Math.round((performance.now() - startedAt) / 1000);
  const values = finalOps.finalOpsValues;
  const [answers = []] = /** @type {number[][][]} */ (values?.answers ?? []);
  console.log(`
Test accuracy: ${percent(acc)} of 10,000 digits, loss ${loss.toFixed(4)}.
Trained from step ${firstStep} to step ${values?.step} in ${secs} s.
The first ten digits of the test: ${digits.test.labels.subarray(0, 10).join(' ')}
The network reads them as:        ${digitsOf(answers).join(' ')}`);
}

/** @param {LayersModel} model */
function hooksFor(model) {
  return [
    new NanTensorHook(),
    new StopAtStepHook({ lastStep }),
    new LoggingTensorHook({
      tensors: ['global_step', 'loss', 'acc', 'val_loss', 'val_acc'],
      everyNIter: 100,
    }),
    new StepCounterHook({ everyNSteps: 100, outputDir: join(dir, 'training') }),
    new SummarySaverHook({
      outputDir: join(dir, 'training'),
      saveSteps: 10,
      summaryOp: [
        summary.scalar('loss'),
        summary.scalar('acc'),
        summary.histogram('hidden/weights', 'hidden/kernel'),
      ],
    }),
    // The same names in a folder of their own: TensorBoard draws both curves into one chart.
    new SummarySaverHook({
      outputDir: join(dir, 'validation'),
      saveSteps: batches.size,
      summaryOp: [
        summary.scalar('loss', 'val_loss'),
        summary.scalar('acc', 'val_acc'),
        summary.image('read worst', () => hardestDigits(model, validation.xs, validation.ys, 6), {
          maxOutputs: 6,
        }),
      ],
    }),
    new CheckpointSaverHook({
      checkpointDir: dir,
      saveSteps: 250,
      listeners: [{ afterSave: (session, step) => evaluateCheckpoint(model, session, step) }],
    }),
  ];
}

/**
 * Tells how good the model of a checkpoint is, by some of the digits kept for validation.
 *
 * @param {LayersModel} model
 * @param {Session} session
 * @param {number} step
 */
async function evaluateCheckpoint(model, session, step) {
  const { acc } = await evaluate(model, [validation.xs, validation.ys], {
    hooks: new StopAfterNEvalsHook({ numEvals: 5, logProgress: false }),
    batchSize: 200,
  });
  session.logger.info(`Checkpoint ${step} reads ${percent(acc)} of 1,000 validation digits.`);
}

/**
 * Evaluates while training goes on: a second worker that shares the global step, and begins when
 * training is half-way.
 *
 * @param {LayersModel} model
 * @param {DriverOptions & { readonly logger: Logger }} driver
 */
async function evaluateHalfWay(model, driver) {
  /** @type {(line: string) => void} */
  const say = (line) => driver.logger.info(`Second worker: ${line}`);
  const { acc } = await evaluate(model, [test.xs, test.ys], {
    ...driver,
    logger: { info: say, warn: say, error: say },
    hooks: [
      new GlobalStepWaiterHook({ waitUntilStep: Math.ceil(lastStep / 2) }),
      new StopAfterNEvalsHook({ numEvals: 5 }),
    ],
    batchSize: 200,
  });
  if (driver.signal?.aborted !== true) {
    say(`Half-way, the network reads ${percent(acc)} of 1,000 test digits.`);
  }
}

/** @param {number | undefined} share */
function percent(share = Number.NaN) {
  return `${(100 * share).toFixed(2)} %`;
}
