import { describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { callbackList, evaluate, GlobalStep, MonitoredSession, toCallback } from 'tfjs-hooks';
import type { GlobalStepLike, Session, SessionRunHook } from 'tfjs-hooks';

import { Recorder, rejectionOf } from '../support/recorder.js';
import { dataset, fit, functional, regression, trainings } from '../support/regression.js';

/** The global step of a model, as a run sees it that does nothing. */
async function stepOf(model: tf.LayersModel): Promise<number> {
  const session = new MonitoredSession({ hooks: [], model });
  await session.begin();
  await session.close();
  return session.globalStep;
}

/** A counter as workers share it: it answers later, and others count too. */
class SharedCounter implements GlobalStepLike {
  readonly name = 'shared_step';
  calls = 0;
  #value = 0;
  get value(): Promise<number> {
    return Promise.resolve(this.#value);
  }
  async increment(by = 1): Promise<number> {
    await Promise.resolve();
    this.calls += 1;
    this.#value += by;
    return this.#value;
  }
  countElsewhere(by: number): void {
    this.#value += by;
  }
}

describe.each(trainings)('the global step in $name', ({ train }) => {
  it('belongs to the model: the next fit goes on counting', async () => {
    const [model, other] = [regression(), regression()];
    const recorder = new Recorder();
    const callbacks = toCallback(recorder);
    await train(model, { callbacks, batches: 3 });
    expect(recorder.session?.globalStep).toBe(3);
    await train(other, { callbacks, batches: 1 });
    expect(recorder.session?.globalStep).toBe(1);
    await train(model, { callbacks: toCallback(recorder), batches: 2 });
    expect(recorder.session?.globalStep).toBe(5);
  });

  it('counts only the steps of drivers', async () => {
    const model = regression();
    await train(model);
    expect(await stepOf(model)).toBe(0);
  });

  it('is counted before afterRun, and the same in all hooks', async () => {
    const seen: unknown[] = [];
    const hook = (): SessionRunHook<string> => ({
      beforeRun: ({ session }) => {
        seen.push(session.globalStep);
        return { fetches: 'global_step' };
      },
      afterRun: ({ session }, { results }) => void seen.push(session.globalStep, results),
    });
    await train(regression(), { callbacks: toCallback([hook(), hook()]), batches: 2 });
    expect(seen).toEqual([0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2]);
  });

  it('is one for a tf.Sequential and its inner model, before and after compile', async () => {
    const model = regression();
    let inner: tf.LayersModel | undefined;
    const hook: SessionRunHook = {
      begin: (session) => void (inner = session.model as unknown as tf.LayersModel),
    };
    await train(model, { callbacks: toCallback(hook), batches: 2 });
    expect(inner).not.toBe(model);
    expect(await stepOf(model)).toBe(2);
    expect(await stepOf(inner as tf.LayersModel)).toBe(2);
    model.compile({ loss: 'meanSquaredError', optimizer: 'adam' });
    expect(await stepOf(model)).toBe(2);
    await train(model, { callbacks: toCallback({}, { model }), batches: 1 });
    await train(model, { callbacks: [{ onEpochEnd: () => {} }, toCallback({}, { model })] });
    expect(await stepOf(model)).toBe(7);
  });

  it('is known of a tf.Sequential before it is compiled, and when it has grown', async () => {
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [2] })] });
    const session = new MonitoredSession({ hooks: [], model });
    await session.begin();
    await session.run(() => 1);
    await session.close();
    model.add(tf.layers.dense({ units: 1 }));
    model.compile({ loss: 'meanSquaredError', optimizer: 'sgd' });
    await train(model, { callbacks: toCallback([]), batches: 1 });
    expect(await stepOf(model)).toBe(2);
  });

  it('is counted once a step by several callbacks in one fit', async () => {
    const model = functional();
    const [a, b] = [new Recorder(), new Recorder()];
    const both = [toCallback(a), toCallback(b), ...callbackList([])];
    await train(model, { callbacks: both, epochs: 2 });
    expect([a.session?.globalStep, b.session?.globalStep]).toEqual([8, 8]);
    await train(model, { callbacks: both.reverse() });
    await train(model, { callbacks: both[0], batches: 1 });
    await train(model, { callbacks: both.reverse(), batches: 1 });
    expect([a.session?.globalStep, b.session?.globalStep]).toEqual([14, 14]);
  });

  it('is counted once by callbacks behind a plain object', async () => {
    const model = regression();
    const [a, b] = [new Recorder(), new Recorder()];
    const callbacks = [{}, toCallback(a, { model }), toCallback(b, { model })];
    await train(model, { callbacks });
    await train(model, { callbacks });
    expect([a.session?.globalStep, b.session?.globalStep]).toEqual([8, 8]);
  });

  it('is counted once behind a fit without steps, and behind one that failed', async () => {
    for (const plain of [[], [{}]]) {
      const model = regression();
      const [a, b] = [new Recorder(), new Recorder()];
      const [callA, callB] = [toCallback(a, { model }), toCallback(b, { model })];
      const failing = toCallback(new Recorder('begin', new Error('no')), { model });
      await train(model, { callbacks: [...plain, callA], initialEpoch: 1 });
      await train(model, { callbacks: [...plain, callB, callA] });
      expect([a.session?.globalStep, b.session?.globalStep]).toEqual([4, 4]);
      await rejectionOf(train(model, { callbacks: [...plain, callA, failing] }));
      await train(model, { callbacks: [...plain, callB, callA] });
      expect([a.session?.globalStep, b.session?.globalStep]).toEqual([8, 8]);
    }
  });

  it('may be a counter of your own, with a start and a name', async () => {
    const globalStep = new GlobalStep(100, 'my_step');
    const results: unknown[] = [];
    const hook: SessionRunHook<string> = {
      beforeRun: () => ({ fetches: 'my_step' }),
      afterRun: (_context, values) => void results.push(values.results),
    };
    const recorder = new Recorder();
    await train(regression(), {
      callbacks: toCallback([hook, recorder], { globalStep }),
      batches: 2,
    });
    expect(results).toEqual([101, 102]);
    expect(recorder.session?.globalStepName).toBe('my_step');
    expect(globalStep.value).toBe(102);
  });

  it('may be a counter that answers later and that others count with', async () => {
    const globalStep = new SharedCounter();
    const seen: unknown[] = [];
    const hook: SessionRunHook = {
      afterRun: async ({ session }) => {
        globalStep.countElsewhere(10);
        seen.push([session.globalStep, await session.run('shared_step')]);
      },
    };
    const callbacks = toCallback(hook, { globalStep });
    const second = toCallback(new Recorder(), { globalStep });
    await train(functional(), { callbacks: [callbacks, second], batches: 3 });
    expect(seen).toEqual([
      [1, 11],
      [12, 22],
      [23, 33],
    ]);
    expect(globalStep.calls).toBe(3);
  });

  it.each([undefined, Number.NaN, '5', 1.5, -1])(
    'ends the run by an error where the counter gives %p',
    async (value) => {
      const globalStep = { name: 'mine', value: 0, increment: () => value as number };
      const training = fit(regression(), { callbacks: toCallback([], { globalStep }) });
      await expect(training).rejects.toThrow(
        /The global step must be a non-negative integer, but is/,
      );
    },
  );

  it('ends the run by an error where the counter fails', async () => {
    const error = new Error('lost');
    for (const increment of [() => Promise.reject(error), fail(error)]) {
      const recorder = new Recorder();
      const globalStep = { name: 'step', value: 0, increment };
      const callbacks = toCallback(recorder, { globalStep });
      expect(await rejectionOf(train(regression(), { callbacks }))).toBe(error);
      expect(recorder.errors).toEqual([error]);
    }
  });
});

describe('the global step', () => {
  it('is one for fit, fitDataset, MonitoredSession and evaluate', async () => {
    const model = regression();
    await fit(model, { callbacks: toCallback([]), batches: 2 });
    const session = new MonitoredSession({ hooks: [], model });
    await session.begin();
    await session.run(() => 1);
    expect(session.globalStep).toBe(3);
    await session.close();
    const seen: number[] = [];
    const hook: SessionRunHook = {
      begin: (begun: Session) => void seen.push(begun.globalStep),
      afterRun: (context) => void seen.push(context.session.globalStep),
    };
    await evaluate(model, dataset(2), { hooks: hook });
    expect(seen).toEqual([3, 3, 3]);
    expect(await stepOf(model)).toBe(3);
  });

  it('is one for each of two models that share their layers', async () => {
    const input = tf.input({ shape: [2] });
    const output = tf.layers.dense({ units: 1 }).apply(input) as tf.SymbolicTensor;
    const models = [0, 1].map(() => tf.model({ inputs: input, outputs: output }));
    for (const model of models) {
      model.compile({ loss: 'meanSquaredError', optimizer: 'sgd' });
    }
    const [first, second] = models as [tf.LayersModel, tf.LayersModel];
    await fit(first, { callbacks: toCallback([]), batches: 3 });
    await fit(second, { callbacks: toCallback([]), batches: 1 });
    expect([await stepOf(first), await stepOf(second)]).toEqual([3, 1]);
  });

  it('is of no model a new one for each session', async () => {
    for (const _ of [0, 1]) {
      const session = new MonitoredSession({ hooks: [] });
      await session.begin();
      await session.run(() => 1);
      await session.close();
      expect(session.globalStep).toBe(1);
    }
  });

  it('is in a session the value as of the last step of that session', async () => {
    const globalStep = new GlobalStep(5);
    const session = new MonitoredSession({ hooks: [], globalStep });
    expect(session.globalStep).toBe(0);
    await session.begin();
    expect(session.globalStep).toBe(5);
    globalStep.increment(10);
    expect(session.globalStep).toBe(5);
    expect(await session.session.run('global_step')).toBe(15);
    await session.run(() => 1);
    expect(session.globalStep).toBe(16);
    await session.close();
  });
});

function fail(error: Error): () => never {
  return () => {
    throw error;
  };
}
