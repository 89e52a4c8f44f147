// What does a summary each step cost, against the callback of tfjs-node?
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { summary, SummarySaverHook, toCallback } from 'tfjs-hooks';
import { quiet } from './hooks.js';
import { alternate, median, ratio, report, reportMissing, shown, significant } from './measure.js';
import { native, NO_NATIVE } from './native.js';

const STEPS = 500;
const QUESTION = "SummarySaverHook each step against tf.node.tensorBoard({updateFreq: 'batch'})";
const TARGET = 'at most 0.125 times';

const tf = await native();
if (tf === undefined) {
  reportMissing(QUESTION, TARGET, NO_NATIVE);
} else {
  await measure();
}

async function measure() {
  await tf.setBackend('tensorflow');
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2] })] });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  const directory = mkdtempSync(join(tmpdir(), 'tfjs-hooks-bench-'));
  let runs = 0;
  const folder = () => join(directory, String(runs++));
  const step = { loss: 'loss' };

  /**
   * The microseconds that the calls which `fit` makes take a step.
   *
   * @param {() => any} make
   */
  const calls = (make) => async () => {
    const callback = make();
    callback.setParams({ epochs: 1, steps: STEPS, metrics: ['loss'] });
    callback.setModel(model.model ?? model);
    await callback.onTrainBegin?.();
    await callback.onEpochBegin?.(0);
    let taken = 0;
    for (let batch = 0; batch < STEPS; batch++) {
      const logs = { batch, size: 1, [step.loss]: tf.scalar(0.5) };
      const begun = performance.now();
      await callback.onBatchBegin(batch, logs);
      await callback.onBatchEnd(batch, logs);
      taken += performance.now() - begun;
      tf.dispose(logs);
    }
    await callback.onEpochEnd?.(0, {});
    await callback.onTrainEnd?.();
    return (taken * 1000) / STEPS;
  };
  /** A callback that writes as many bytes, and does nothing else. */
  const writing = () => {
    const file = openSync(folder(), 'wx');
    const bytes = new Uint8Array(91);
    return {
      setParams() {},
      setModel() {},
      onBatchBegin() {},
      onBatchEnd() {
        writeSync(file, bytes);
      },
      onTrainEnd: () => closeSync(file),
    };
  };
  const figures = await alternate(
    {
      ours: calls(() =>
        toCallback(
          new SummarySaverHook({
            saveSteps: 1,
            outputDir: folder(),
            summaryOp: summary.scalar('loss'),
          }),
          { logger: quiet },
        ),
      ),
      theirs: calls(() => tf.node.tensorBoard(folder(), { updateFreq: 'batch' })),
      writing: calls(writing),
    },
    { rounds: 30, warmUp: 10 },
  );
  rmSync(directory, { recursive: true });
  const quotient = ratio(figures.ours, figures.theirs);
  report(
    QUESTION,
    TARGET,
    `${shown(quotient)} times; ${significant(median(figures.ours), 3)} us against ` +
      `${significant(median(figures.theirs), 3)} us a step; writeSync alone ` +
      `${significant(median(figures.writing), 3)} us`,
    quotient.median <= 1 / 8,
    `${significant(median(figures.writing), 2)} us are the calls of a step and the write that makes it ` +
      'survive a kill; the rest are the loss read, checked and handed on, and its record.',
  );
}
