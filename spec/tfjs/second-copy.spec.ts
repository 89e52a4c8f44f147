import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import * as ours from '@tensorflow/tfjs';
import {
  callbackList,
  evaluate,
  LoggingTensorHook,
  MonitoredSession,
  StopAtStepHook,
  toCallback,
  toHook,
} from 'tfjs-hooks';
import type { SessionRunHook } from 'tfjs-hooks';

import { readsOf } from '../support/device-reads.js';
import { lineLogger, Recorder, rejectionOf } from '../support/recorder.js';
import { examples, functional, tensorsLeft } from '../support/regression.js';

/** The copy of tfjs that the program imports; the package has its own. */
let theirs: typeof ours;

beforeAll(async () => {
  await jest.isolateModulesAsync(async () => {
    theirs = await import('@tensorflow/tfjs');
  });
});

function regression(): ours.Sequential {
  const dense = theirs.layers.dense({ units: 1, inputShape: [2], name: 'only' });
  const model = theirs.sequential({ layers: [dense] });
  model.compile({ loss: 'meanSquaredError', optimizer: 'sgd', metrics: ['mae'] });
  return model;
}

async function train(
  name: 'fit' | 'fitDataset',
  model: ours.LayersModel,
  callbacks: unknown,
): Promise<ours.History> {
  const { xs, ys } = examples(4);
  const args = { epochs: 2, callbacks: callbacks as ours.CustomCallback };
  if (name === 'fitDataset') {
    const rows = xs.map((x, i) => ({ xs: x, ys: ys[i] as number[] }));
    return model.fitDataset(theirs.data.array(rows).batch(2), args);
  }
  const [x, y] = [theirs.tensor2d(xs), theirs.tensor2d(ys)];
  try {
    return await model.fit(x, y, { ...args, batchSize: 2 });
  } finally {
    theirs.dispose([x, y]);
  }
}

describe.each(['fit', 'fitDataset'] as const)('beside a second copy of tfjs, %s', (name) => {
  it('is really that of another copy', () => {
    expect(theirs.LayersModel).not.toBe(ours.LayersModel);
    expect(toCallback([])).not.toBeInstanceOf(theirs.CustomCallback);
  });

  it('drives hooks to the end, and leaves no tensors', async () => {
    const model = regression();
    await train(name, model, []);
    const logger = lineLogger();
    const recorder = new Recorder();
    const logging = new LoggingTensorHook({ tensors: ['loss'], everyNIter: 4 });
    const callback = toCallback([recorder, logging], { logger });
    expect(await tensorsLeft(() => train(name, model, callback))).toBe(0);
    expect([recorder.count('afterRun'), recorder.count('end')]).toEqual([8, 1]);
    expect(logger.lines).toHaveLength(2);
  });

  it('takes the callback anywhere in an array', async () => {
    const plain = { onBatchEnd: () => {} };
    for (const others of [[], [plain], [plain, plain]]) {
      for (let place = 0; place <= others.length; place += 1) {
        const recorder = new Recorder();
        const callbacks: unknown[] = [...others];
        callbacks.splice(place, 0, toCallback(recorder));
        await train(name, regression(), callbacks);
        expect([recorder.count('afterRun'), recorder.count('end')]).toEqual([8, 1]);
      }
    }
  });

  it('stops exactly with the model as an option', async () => {
    const model = regression();
    const recorder = new Recorder();
    await train(
      name,
      model,
      toCallback([new StopAtStepHook({ lastStep: 3 }), recorder], { model }),
    );
    expect(recorder.count('afterRun')).toBe(3);
    expect(recorder.count('end')).toBe(1);
    expect(model.optimizer.iterations).toBe(3);
  });

  it('names the option that a stop needs', async () => {
    const callback = toCallback(new StopAtStepHook({ lastStep: 3 }));
    await expect(train(name, regression(), callback)).rejects.toThrow(/'model'.*callbackList/);
  });

  it('takes lists of hooks, of its own callbacks and of ours', async () => {
    const model = regression();
    const seen = { plain: 0, theirs: 0, ours: 0 };
    const recorder = new Recorder();
    const callbacks = callbackList(
      [
        { onBatchEnd: () => void (seen.plain += 1) },
        new theirs.CustomCallback({ onBatchEnd: () => void (seen.theirs += 1) }),
        new ours.CustomCallback({ onBatchEnd: () => void (seen.ours += 1) }),
        theirs.callbacks.earlyStopping({ monitor: 'loss', patience: 100 }),
        ours.callbacks.earlyStopping({ monitor: 'loss', minDelta: 1e9 }),
        recorder,
      ],
      { model },
    );
    await train(name, model, callbacks);
    expect(seen).toEqual({ plain: 8, theirs: 8, ours: 8 });
    expect(recorder.count('end')).toBe(1);
  });

  it('reads weights, outputs and functions of the model of the other copy', async () => {
    const model = regression();
    const results: unknown[] = [];
    const hook: SessionRunHook = {
      afterRun: async ({ session }) => {
        const { kernel, output, sum } = await session.run(
          {
            kernel: 'only/kernel',
            output: model.outputs[0] as ours.SymbolicTensor,
            sum: () => theirs.tidy(() => theirs.scalar(1).add(2)),
          },
          { [model.inputNames[0] as string]: [[0, 0]] },
        );
        results.push((kernel as number[][]).length, (output as number[][]).length, sum);
      },
    };
    await train(name, model, []);
    const left = await tensorsLeft(() => train(name, model, toCallback(hook, { model })));
    expect(results.slice(0, 3)).toEqual([2, 1, 3]);
    expect(left).toBe(0);
  });

  it('aborts once on an error of a hook, and frees the hooks', async () => {
    const error = new Error('no');
    for (const method of ['begin', 'beforeRun', 'afterRun', 'afterEpoch', 'end'] as const) {
      const recorder = new Recorder();
      const callback = toCallback([recorder, new Recorder(method, error)]);
      expect(await rejectionOf(train(name, regression(), callback))).toBe(error);
      expect(recorder.count('abort')).toBe(method === 'end' ? 0 : 1);
      await train(name, regression(), toCallback(recorder));
      expect(recorder.calls.at(-1)).toBe('end');
    }
  });
});

describe('beside a second copy of tfjs', () => {
  it('toHook wraps callbacks of the other copy, in our fit and in a loop', async () => {
    const batches: unknown[] = [];
    const hooks = (): SessionRunHook[] => [
      toHook(
        new theirs.CustomCallback({
          onBatchEnd: (batch, logs) => void batches.push([batch, typeof logs?.['loss']]),
        }),
      ),
      toHook(theirs.callbacks.earlyStopping({ monitor: 'loss', patience: 100 })),
    ];
    const session = new MonitoredSession({ hooks: hooks() });
    await session.begin();
    await session.run(() => theirs.scalar(1));
    await session.close();
    const model = regression();
    await train('fit', model, toCallback(hooks(), { model }));
    expect(batches).toHaveLength(9);
    expect(new Set(batches.map((one) => (one as [number, string])[1]))).toEqual(
      new Set(['number']),
    );
  });

  it('toHook reads metrics only for a callback of the other copy that looks at them', async () => {
    const rows = examples(4);
    const [xs, ys] = [ours.tensor2d(rows.xs), ours.tensor2d(rows.ys)];
    const model = functional();
    const reads = (callback: object): Promise<number> =>
      readsOf(async () => {
        await evaluate(model, [xs, ys], { batchSize: 2, hooks: toHook(callback) });
      });
    const [idle, looking] = [
      new theirs.CustomCallback({ onEpochEnd: () => {} }),
      new theirs.CustomCallback({ onBatchEnd: () => {} }),
    ];
    class Overriding extends theirs.CustomCallback {
      override onBatchEnd(): Promise<void> {
        return Promise.resolve();
      }
    }
    expect(await reads(idle)).toBe(2);
    expect(await reads(looking)).toBe(2 + 8);
    expect(await reads(new Overriding({}))).toBe(2 + 8);
  });

  it('a callback of the other copy stops a loop without a model', async () => {
    const stopping = theirs.callbacks.earlyStopping({ monitor: 'loss' });
    const onBatchEnd = async (batch: number, logs?: ours.Logs) => {
      await stopping.onEpochEnd(batch, logs);
    };
    const hooks = [toHook(stopping), toHook({ onBatchEnd })];
    const session = new MonitoredSession({ hooks });
    await session.begin();
    await session.run(() => 1);
    expect(session.shouldStop).toBe(false);
    await session.run(() => 2);
    await session.run(() => 3);
    expect(session.shouldStop).toBe(true);
    await session.close();
  });

  it('evaluates models of the other copy', async () => {
    const model = regression();
    const { xs, ys } = examples(3);
    const [x, y] = [theirs.tensor2d(xs), theirs.tensor2d(ys)];
    const logs = await evaluate(model, [x, y], { batchSize: 2, hooks: new Recorder() });
    const expected = (model.evaluate(x, y, { batchSize: 2 }) as ours.Scalar[]).map(
      (value) => value.dataSync()[0],
    );
    expect(Object.values(logs)).toEqual(expected);
  });

  it('does not dispose variables of the other copy that a step returns', async () => {
    const variable = theirs.variable(theirs.scalar(7));
    const session = new MonitoredSession({ hooks: [], variables: [variable] });
    await session.begin();
    expect(await session.run(() => ({ value: variable }))).toEqual({ value: 7 });
    await session.close();
    expect(variable.isDisposed).toBe(false);
  });
});
