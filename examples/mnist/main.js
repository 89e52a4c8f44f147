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
const firstEpoch = Math.floor(firstStep / batches.size);

if (firstStep >= lastStep) {
  console.log(`The run in ${dir} is complete: its last checkpoint is of step ${firstStep}.`);
  console.log(`To train on, add --epochs ${firstEpoch + 2}; to begin anew, add --fresh.`);
} else {
  console.log(
    checkpoint === null
      ? `Begins anew in ${dir}: ${epochs} epochs of ${batches.size} steps, up to step ${lastStep}.`
      : `Resumes from ${checkpoint.path}: epoch ${firstEpoch + 1} of ${epochs}, ` +
          `step ${firstStep} of ${lastStep}.`,
  );
  await train();
}

console.log(`
Checkpoints: ${join(dir, 'model.ckpt-*')}, each a folder that tf.loadLayersModel() can read.
Event files: in ${join(dir, 'training')} and ${join(dir, 'validation')}. To look at them:

  pip install tensorboard
  tensorboard --logdir ${dir}

and open http://localhost:6006. Scalars has loss and accuracy, training and validation in one chart;
Images the digits that the network reads worst; Histograms its weights.`);

async function train() {
  const startedAt = performance.now();
  const model = createModel();
  const signal = processSignal('SIGINT', 'SIGTERM');
  const progress = new ProgressHook({ lastStep, stepsPerEpoch: batches.size });
  const { logger } = progress;
  const quarter = Math.ceil(batches.size / 4);
  const finalOps = new FinalOpsHook({
    finalOps: { step: 'global_step', answers: model.outputs },
    finalOpsFeedDict: { [String(model.inputNames[0])]: toTensors(digits.test, 10).xs },
  });

  const hooks = [
    progress,
    new NanTensorHook(),
    new StopAtStepHook({ lastStep }),
    new LoggingTensorHook({
      tensors: { step: 'global_step', loss: 'loss', acc: 'acc', val_loss: 'val_loss', val_acc: 'val_acc' },
      everyNIter: quarter,
    }),
    new StepCounterHook({ everyNSteps: quarter, outputDir: join(dir, 'training') }),
    new SummarySaverHook({
      outputDir: join(dir, 'training'),
      saveSteps: 10,
      summaryOp: [
        summary.scalar('loss'),
        summary.scalar('acc'),
        summary.histogram('hidden/weights', 'hidden/kernel'),
      ],
    }),
    // The same names, of validation, in a folder of their own: both curves come into one chart.
    new SummarySaverHook({
      outputDir: join(dir, 'validation'),
      saveSteps: batches.size,
      summaryOp: [
        summary.scalar('loss', 'val_loss'),
        summary.scalar('acc', 'val_acc'),
        summary.image('worst read', () => hardestDigits(model, validation.xs, validation.ys, 6), {
          maxOutputs: 6,
        }),
      ],
    }),
    new CheckpointSaverHook({
      checkpointDir: dir,
      saveSteps: 2 * quarter,
      listeners: [
        {
          afterSave: async (_session, step) => {
            logger.info(`Step ${step}: reads ${await partlyEvaluated()} of 1,000 digits rightly.`);
          },
        },
      ],
    }),
    finalOps,
  ];

  await Promise.all([
    model.fitDataset(batches, {
      epochs,
      initialEpoch: firstEpoch,
      validationData: [validation.xs, validation.ys],
      callbacks: toCallback(hooks, { globalStep, logger, signal, restoreFrom: dir }),
      verbose: 0,
    }),
    evaluateHalfWay(),
  ]);

  if (signal.aborted) {
    console.log(`\nStopped at step ${globalStep.value} of ${lastStep}; a checkpoint of it is saved.`);
    console.log('The same command resumes there.');
    return;
  }
  const { loss, acc } = await evaluate(model, [test.xs, test.ys], {
    hooks: new StopAfterNEvalsHook({ numEvals: 20 }),
    batchSize: 500,
  });
  const secs = Math.round((performance.now() - startedAt) / 1000);
  const { step, answers: [answers] } = finalOps.finalOpsValues;
  console.log(`
Test accuracy: ${percent(acc)} of 10,000 digits, loss ${loss?.toFixed(4)}.
Trained from step ${firstStep} to step ${step} in ${secs} s.
The first ten digits of the test: ${digits.test.labels.subarray(0, 10).join(' ')}
The network reads:                ${digitsOf(answers).join(' ')}`);

  /** Evaluates once while training goes on, as a second worker with the same global step would. */
  async function evaluateHalfWay() {
    const hooks = [
      new GlobalStepWaiterHook({ waitUntilStep: Math.ceil(lastStep / 2) }),
      new StopAfterNEvalsHook({ numEvals: 5 }),
    ];
    const options = { hooks, batchSize: 200, globalStep, logger, signal };
    const { acc } = await evaluate(model, [test.xs, test.ys], options);
    if (!signal.aborted) {
      logger.info(`Half-way: reads ${percent(acc)} of 1,000 test digits rightly.`);
    }
  }

  async function partlyEvaluated() {
    const { acc } = await evaluate(model, [validation.xs, validation.ys], {
      hooks: new StopAfterNEvalsHook({ numEvals: 5, logProgress: false }),
      batchSize: 200,
    });
    return percent(acc);
  }
}

/** @param {number | undefined} share */
function percent(share = Number.NaN) {
  return `${(100 * share).toFixed(2)} %`;
}
