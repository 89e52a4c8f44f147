import { describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { evaluate, LoggingTensorHook, StopAtStepHook, toCallback } from 'tfjs-hooks';
import type { Logs, Session, SessionRunHook } from 'tfjs-hooks';

import { lineLogger, Recorder } from '../support/recorder.js';
import {
  dataset,
  examples,
  fit,
  fitDataset,
  functional,
  regression,
  tensorsLeft,
  trainings,
} from '../support/regression.js';

describe.each(trainings)('toCallback in $name', ({ train }) => {
  it('calls the methods of a hook in the order of the lifecycle', async () => {
    const recorder = new Recorder();
    await train(regression(), { callbacks: toCallback(recorder), epochs: 2, batches: 2 });
    const epoch = ['beforeEpoch', 'beforeRun', 'afterRun', 'beforeRun', 'afterRun', 'afterEpoch'];
    expect(recorder.calls).toEqual(['begin', 'afterCreateSession', ...epoch, ...epoch, 'end']);
  });

  it('calls hooks in the order given, in end too', async () => {
    const calls: string[] = [];
    const named = (name: string): SessionRunHook => ({
      begin: () => void calls.push(`${name}.begin`),
      afterRun: () => void calls.push(`${name}.afterRun`),
      end: () => void calls.push(`${name}.end`),
    });
    await train(regression(), { callbacks: toCallback([named('a'), named('b')]), batches: 1 });
    expect(calls).toEqual(['a.begin', 'b.begin', 'a.afterRun', 'b.afterRun', 'a.end', 'b.end']);
  });

  it('takes hooks without any method, and no hooks at all', async () => {
    await expect(train(regression(), { callbacks: toCallback({}) })).resolves.toBeDefined();
    await expect(train(regression(), { callbacks: toCallback([]) })).resolves.toBeDefined();
  });

  it('waits for methods that answer later', async () => {
    const calls: string[] = [];
    const later = async (name: string): Promise<void> => {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      calls.push(name);
    };
    const slow: SessionRunHook = {
      begin: () => later('begin'),
      beforeRun: () => later('beforeRun'),
      afterRun: () => later('afterRun'),
      end: () => later('end'),
    };
    const quick: SessionRunHook = { afterRun: () => void calls.push('quick afterRun') };
    await train(regression(), { callbacks: toCallback([slow, quick]), batches: 1 });
    expect(calls).toEqual(['begin', 'beforeRun', 'afterRun', 'quick afterRun', 'end']);
  });

  it('shows epoch, params and model in the session', async () => {
    const model = functional();
    const seen: (number | undefined)[] = [];
    let session: Session | undefined;
    const hook: SessionRunHook = {
      begin: (begun) => {
        session = begun;
        seen.push(begun.epoch);
      },
      afterRun: (context) => void seen.push(context.session.epoch),
    };
    const callbacks = toCallback(hook);
    await train(model, { callbacks, epochs: 3, initialEpoch: 1, batches: 2 });
    expect(seen).toEqual([undefined, 1, 1, 2, 2]);
    expect(session?.model).toBe(model);
    expect(session?.params).toMatchObject({ epochs: 3, metrics: ['loss', 'mae'] });
  });

  it('gives the numbers of the epoch to afterEpoch', async () => {
    const logs: Logs[] = [];
    const hook: SessionRunHook = { afterEpoch: (_session, _epoch, own) => void logs.push(own) };
    const callbacks = toCallback(hook);
    const { history } = await train(regression(), { callbacks, epochs: 2, validation: true });
    const of = (epoch: number): object =>
      Object.fromEntries(Object.entries(history).map(([name, values]) => [name, values[epoch]]));
    expect(logs).toEqual([of(0), of(1)]);
    expect(Object.keys(logs[0] ?? {}).sort()).toEqual(['loss', 'mae', 'val_loss', 'val_mae']);
  });

  it('leaves no tensors', async () => {
    const model = regression();
    await train(model);
    const hook: SessionRunHook = {
      beforeRun: () => ({ fetches: 'loss' }),
      afterEpoch: () => {},
    };
    const callbacks = toCallback([hook, new Recorder()]);
    expect(await tensorsLeft(() => train(model, { callbacks, epochs: 2 }))).toBe(0);
  });

  it('ends without a step where there is no epoch to do', async () => {
    const recorder = new Recorder();
    const callbacks = toCallback(recorder);
    await train(regression(), { callbacks, epochs: 2, initialEpoch: 2 });
    expect(recorder.calls).toEqual(['begin', 'afterCreateSession', 'end']);
    expect(recorder.session?.globalStep).toBe(0);
  });

  it('lets hooks evaluate, predict and save between steps', async () => {
    const model = regression();
    const { xs, ys } = examples(2);
    const seen: unknown[] = [];
    const hook: SessionRunHook = {
      afterRun: async ({ session }) => {
        const x = tf.tensor2d(xs);
        const y = tf.tensor2d(ys);
        const own = await evaluate(model, [x, y], { hooks: new Recorder() });
        const theirs = model.evaluate(x, y) as tf.Scalar[];
        seen.push(own['loss'] === theirs[0]?.dataSync()[0]);
        const predicted = model.predict(x) as tf.Tensor;
        const saved = await model.save(tf.io.withSaveHandler(() => Promise.resolve(savedInfo)));
        seen.push(predicted.shape[0], saved, session.globalStep);
        tf.dispose([x, y, predicted, theirs]);
      },
    };
    const left = await tensorsLeft(async () => {
      await train(model, { callbacks: toCallback(hook), batches: 2 });
    });
    expect(seen).toEqual([true, 4, savedInfo, 1, true, 4, savedInfo, 2]);
    expect(left).toBe(0);
  });

  it('goes on with the running fit when a hook compiles the model', async () => {
    const model = regression();
    const hook: SessionRunHook = {
      afterRun: ({ session }) => {
        if (session.globalStep === 2) {
          model.compile({ loss: 'meanSquaredError', optimizer: 'sgd' });
        }
      },
    };
    const recorder = new Recorder();
    const callbacks = toCallback([hook, new StopAtStepHook({ lastStep: 3 }), recorder]);
    await train(model, { callbacks, epochs: 3, batches: 4 });
    expect(recorder.count('afterRun')).toBe(3);
    await train(model, { callbacks: toCallback(recorder), batches: 1 });
    expect(recorder.session?.globalStep).toBe(4);
  });

  it('lets a hook train the model by itself, which counts no step', async () => {
    const model = regression();
    const hook: SessionRunHook = {
      afterRun: async () => {
        const [x, y] = [tf.ones([2, 2]), tf.ones([2, 1])];
        await model.trainOnBatch(x, y);
        tf.dispose([x, y]);
      },
    };
    const recorder = new Recorder();
    await train(model, { callbacks: toCallback([hook, recorder]), batches: 3 });
    expect(recorder.session?.globalStep).toBe(3);
  });
});

describe('toCallback', () => {
  it('survives a second fit of the same model that a hook tries to start', async () => {
    const model = regression();
    let error: unknown;
    const hook: SessionRunHook = {
      afterRun: async () => {
        error ??= await fit(model).catch((reason: unknown) => reason);
      },
    };
    const recorder = new Recorder();
    await fit(model, { callbacks: toCallback([hook, recorder]) });
    expect(error).toMatchObject({ message: expect.stringContaining('another fit()') });
    expect(recorder.count('afterRun')).toBe(4);
    expect(recorder.count('end')).toBe(1);
    expect(recorder.count('abort')).toBe(0);
  });

  it('takes epochs without batches, of a dataset that is too short', async () => {
    const warn = console.warn;
    console.warn = () => {};
    const recorder = new Recorder();
    const logs: Logs[] = [];
    const hook: SessionRunHook = { afterEpoch: (_session, _epoch, own) => void logs.push(own) };
    const logger = lineLogger();
    const lines = new LoggingTensorHook({ tensors: ['loss', 'val_loss'], everyNIter: 1 });
    try {
      await regression().fitDataset(dataset(3), {
        epochs: 3,
        batchesPerEpoch: 2,
        validationData: dataset(1),
        callbacks: toCallback([recorder, hook, lines], { logger }),
      });
    } finally {
      console.warn = warn;
    }
    expect(recorder.count('afterRun')).toBe(3);
    expect(recorder.count('afterEpoch')).toBe(3);
    expect(recorder.count('end')).toBe(1);
    expect(logs.map((own) => Object.keys(own).sort())).toEqual([
      ['loss', 'mae', 'val_loss', 'val_mae'],
      ['loss', 'mae'],
      [],
    ]);
    expect(logger.lines.map((line) => line.replace(/ = .*/, ''))).toEqual([
      'loss',
      'loss',
      'val_loss',
      'loss',
    ]);
  });

  it('knows the number of batches only where fitDataset tells it', async () => {
    const recorder = new Recorder();
    await fitDataset(regression(), { callbacks: toCallback(recorder), batches: 5 });
    expect(recorder.session?.params).toMatchObject({ steps: 5 });
    const generated = tf.data.generator(function* generate() {
      yield* [0, 1].map(() => ({ xs: tf.zeros([2, 2]), ys: tf.zeros([2, 1]) }));
    });
    await regression().fitDataset(generated, { epochs: 2, callbacks: toCallback(recorder) });
    expect(recorder.session?.params?.steps).toBeNull();
    expect(recorder.session?.globalStep).toBe(4);
  });

  it('can be used for one fit after another, of several models', async () => {
    const recorder = new Recorder();
    const callbacks = toCallback(recorder);
    await fit(regression(), { callbacks, batches: 2 });
    await fitDataset(functional(), { callbacks, batches: 3 });
    expect(recorder.count('end')).toBe(2);
    expect(recorder.count('afterRun')).toBe(5);
    expect(recorder.session?.globalStep).toBe(3);
  });
});

const savedInfo = {
  modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' as const },
};
