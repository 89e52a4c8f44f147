import { describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import {
  evaluate,
  FinalOpsHook,
  MonitoredSession,
  NanTensorHook,
  StopAtStepHook,
  toHook,
  ValueError,
} from 'tfjs-hooks';
import type { MonitoredSessionOptions, SessionRunHook, StepResult } from 'tfjs-hooks';

import { Recorder, rejectionOf } from '../support/recorder.js';
import { regression, tensorsLeft } from '../support/regression.js';

/** A session that has begun. */
async function begun(options: Partial<MonitoredSessionOptions> = {}): Promise<MonitoredSession> {
  const session = new MonitoredSession({ hooks: [], ...options });
  await session.begin();
  return session;
}

const model = regression();
const variable = tf.variable(tf.scalar(9));

describe('MonitoredSession', () => {
  it('trains variables with an optimizer', async () => {
    const x = tf.variable(tf.scalar(5));
    const optimizer = tf.train.sgd(0.1);
    const recorder = new Recorder();
    const last = new FinalOpsHook({ finalOps: { x, loss: 'loss' } });
    const hooks = [new StopAtStepHook({ lastStep: 100 }), recorder, last];
    const session = new MonitoredSession({ hooks, variables: [x], optimizer });
    await session.begin();
    const before = tf.memory().numTensors;
    let loss = Infinity;
    while (!session.shouldStop) {
      const logs = await session.run(() => optimizer.minimize(() => x.square().asScalar(), true));
      expect(logs['loss']).toBeLessThan(loss);
      loss = logs['loss'] as number;
    }
    expect(tf.memory().numTensors).toBe(before);
    await session.close();
    expect(recorder.count('afterRun')).toBe(100);
    expect(session.globalStep).toBe(100);
    expect(last.finalOpsValues).toEqual({ x: x.dataSync()[0], loss });
  });

  it('trains a model by trainOnBatch, with the names of its metrics', async () => {
    const own = regression();
    const losses: unknown[] = [];
    const hook: SessionRunHook<readonly ['mae', 'loss']> = {
      beforeRun: () => ({ fetches: ['mae', 'loss'] }),
      afterRun: (_context, { results }) => void losses.push(results),
    };
    const session = await begun({ model: own, hooks: hook });
    const logs = await session.run(() => own.trainOnBatch(tf.ones([2, 2]), tf.zeros([2, 1])));
    await session.close();
    expect(logs).toEqual({ loss: 4, mae: 2 });
    expect(losses).toEqual([[2, 4]]);
  });

  it.each<[string, () => StepResult | Promise<StepResult>, object]>([
    ['a record of numbers', () => ({ loss: 1, acc: 2 }), { loss: 1, acc: 2 }],
    ['a record of scalars', () => ({ a: tf.scalar(1), b: 2 }), { a: 1, b: 2 }],
    ['a tensor of one element', () => ({ a: tf.ones([1, 1]) }), { a: 1 }],
    ['a scalar', () => tf.scalar(3), { loss: 3 }],
    ['a number', () => 4, { loss: 4 }],
    ['NaN', () => Number.NaN, { loss: Number.NaN }],
    ['an array of numbers', () => [1, 2], { loss: 1, mae: 2 }],
    ['an array of numbers and scalars', () => [tf.scalar(1), 2], { loss: 1, mae: 2 }],
    ['a typed array', () => Float32Array.of(1, 2) as never, { loss: 1, mae: 2 }],
    ['null', () => null, {}],
    ['undefined', () => undefined, {}],
    ['an empty record', () => ({}), {}],
    ['a variable', () => ({ v: variable }), { v: 9 }],
    ['the same scalar twice', () => same(tf.scalar(1)), { a: 1, b: 1 }],
    ['a promise of a scalar', async () => Promise.resolve(tf.scalar(3)), { loss: 3 }],
    ['a promise of a record', async () => Promise.resolve({ a: tf.scalar(3) }), { a: 3 }],
    ['a promise of nothing', async () => Promise.resolve(), {}],
  ])('takes %s from a step, and disposes its tensors', async (_name, step, expected) => {
    const session = await begun({ model });
    const left = await tensorsLeft(async () => {
      expect(await session.run(step)).toEqual(expected);
    });
    await session.close();
    expect(left).toBe(0);
    expect(variable.isDisposed).toBe(false);
  });

  it.each<[string, () => unknown, Partial<MonitoredSessionOptions>, RegExp]>([
    ['an array without a model', () => [tf.scalar(1)], {}, /array of length 1.*option 'model'/],
    ['an array of another length', () => [tf.scalar(1)], { model }, /length 1.*loss, mae/],
    ['a string', () => 'loss', {}, /it gave "loss"/],
    ['a matrix in a record', () => ({ a: tf.ones([2, 1]), b: tf.scalar(1) }), {}, /'a'.*\[2,1\]/],
    ['a matrix', () => tf.ones([2]), {}, /'loss'.*\[2\]/],
    ['text in a record', () => ({ b: tf.scalar(1), a: 'x' }), {}, /'a'.*"x"/],
    ['an empty array', () => [], { model }, /array of length 0.*loss, mae/],
    ['a typed array without a model', () => Float32Array.of(1), {}, /array of length 1.*'model'/],
    ['a map', () => new Map([['loss', 1]]), {}, /gave an object of class Map/],
    ['an error', () => new Error('no loss'), {}, /gave an object of class Error/],
    ['text as a tensor', () => tf.scalar('x'), {}, /'loss'.*string tensor/],
    ['a nested record', () => ({ a: tf.scalar(1), b: { c: tf.scalar(1) } }), {}, /'b'.*Object/],
  ])('refuses %s from a step, and leaves no tensors', async (_name, step, options, message) => {
    const recorder = new Recorder();
    const session = await begun({ ...options, hooks: recorder });
    const left = await tensorsLeft(async () => {
      const error = await rejectionOf(session.run(step as () => number));
      expect(error).toBeInstanceOf(ValueError);
      expect(error).toMatchObject({ message: expect.stringMatching(message) });
      expect(recorder.errors).toEqual([error]);
    });
    expect(left).toBe(0);
  });

  it('aborts the run when a step throws, at once or later', async () => {
    const error = new Error('step');
    const throwing = (): never => {
      throw error;
    };
    for (const step of [throwing, () => Promise.reject(error)]) {
      const recorder = new Recorder();
      const session = await begun({ hooks: recorder });
      await session.run(() => 1);
      expect(await rejectionOf(session.run(step))).toBe(error);
      expect(recorder.errors).toEqual([error]);
      expect(recorder.count('afterRun')).toBe(1);
      expect(session.shouldStop).toBe(true);
      await session.close();
      await session.abort(new Error('again'));
      expect([recorder.count('end'), recorder.count('abort')]).toEqual([0, 1]);
      await expect(session.run(() => 1)).rejects.toThrow(/MonitoredSession: run\(\)/);
    }
  });

  it('runs a step that waits for a stop at most once more', async () => {
    const stop: SessionRunHook = { beforeRun: (context) => context.requestStop('first') };
    const session = await begun({ hooks: stop });
    await session.run(() => 1);
    expect(session.shouldStop).toBe(true);
    expect(session.session.stopReason).toBe('first');
    await expect(session.run(() => 1)).rejects.toThrow(/after a stop was requested/);
    await session.close();
  });

  it('says so when it is used beyond its end, and when a step is no function', async () => {
    const session = await begun({ hooks: [] });
    await expect(session.run(3 as never)).rejects.toThrow(/run\(\) takes a function, but got 3/);
    await session.close();
    await expect(session.run(() => 1)).rejects.toThrow(/when the session was over/);
  });

  it('tells how a step gives its loss, where one asks for the loss of a step without', async () => {
    const session = await begun({ hooks: new NanTensorHook() });
    await expect(session.run(() => {})).rejects.toThrow(
      /optimizer\.minimize\(f, true\) gives the loss/,
    );
  });

  it('ends the hooks by abort where the loop says so', async () => {
    const recorder = new Recorder();
    const error = new Error('mine');
    const session = await begun({ hooks: recorder });
    await session.run(() => 1);
    await session.abort(error);
    await session.abort(error);
    await session.close();
    expect(recorder.errors).toEqual([error]);
    expect(recorder.count('end')).toBe(0);
  });

  it('refuses to run before it has begun', async () => {
    const session = new MonitoredSession({ hooks: [] });
    await expect(session.run(() => 1)).rejects.toThrow(/call begin\(\)/);
    const beginning = session.begin();
    await expect(session.run(() => 1)).rejects.toThrow(/call begin\(\)/);
    await beginning;
    expect(await session.run(() => 1)).toEqual({ loss: 1 });
    await session.close();
  });

  it('refuses two steps at once, and the first goes on', async () => {
    const recorder = new Recorder();
    const session = await begun({ hooks: recorder });
    const first = session.run(async () => Promise.resolve(1));
    await expect(session.run(() => 2)).rejects.toThrow(/while a step is under way/);
    await expect(session.close()).rejects.toThrow(/while a step is under way/);
    expect(await first).toEqual({ loss: 1 });
    await session.close();
    expect([recorder.count('afterRun'), recorder.count('end')]).toEqual([1, 1]);
    expect(recorder.count('abort')).toBe(0);
  });

  it('begins once', async () => {
    const recorder = new Recorder();
    const session = await begun({ hooks: recorder });
    await expect(session.begin()).rejects.toThrow(/begin\(\) was called before/);
    await session.close();
    await expect(session.begin()).rejects.toThrow(/begin\(\) was called before/);
    expect(recorder.count('begin')).toBe(1);
  });

  it('closes once, also when asked twice at once', async () => {
    const recorder = new Recorder();
    const session = await begun({ hooks: recorder });
    const closing = [session.close(), session.close()];
    await expect(session.run(() => 1)).rejects.toThrow(/MonitoredSession: run\(\)/);
    await Promise.all(closing);
    await session.close();
    expect(recorder.calls).toEqual(['begin', 'afterCreateSession', 'end']);
    expect(session.shouldStop).toBe(true);
  });

  it('does nothing where it is closed or aborted before it has begun', async () => {
    const recorder = new Recorder();
    await new MonitoredSession({ hooks: recorder }).close();
    await new MonitoredSession({ hooks: recorder }).abort(new Error('no'));
    expect(recorder.calls).toEqual([]);
  });

  it('is over when a hook throws in end', async () => {
    const error = new Error('end');
    const [first, last] = [new Recorder(), new Recorder()];
    const session = await begun({ hooks: [first, new Recorder('end', error), last] });
    expect(await rejectionOf(session.close())).toBe(error);
    await session.close();
    expect([first.count('end'), first.count('abort')]).toEqual([1, 0]);
    expect([last.count('end'), last.errors]).toEqual([0, [error]]);
  });

  it('disposes the tensors of a step that is aborted from outside while it runs', async () => {
    const session = await begun();
    const left = await tensorsLeft(async () => {
      const step = session.run(async () => {
        await session.abort(new Error('outside'));
        return tf.scalar(1);
      });
      await expect(step).rejects.toThrow();
    });
    expect(left).toBe(0);
  });

  it.each([
    ['beforeRun', 'a hook waits'],
    ['run', 'the step waits'],
  ] as const)(
    'fails with the error of an abort that comes in %s, where %s',
    async (where, _who) => {
      const error = new Error('watchdog');
      let steps = 0;
      let arrive = (): void => {};
      const arrived = new Promise<void>((resolve) => {
        arrive = resolve;
      });
      let goOn = (): void => {};
      const wait = (): Promise<void> => {
        arrive();
        return new Promise((resolve) => {
          goOn = resolve;
        });
      };
      const session = await begun({ hooks: where === 'beforeRun' ? { beforeRun: wait } : [] });
      const failed = rejectionOf(
        session.run(async () => {
          steps += 1;
          await (where === 'run' ? wait() : undefined);
          return 1;
        }),
      );
      await arrived;
      await session.abort(error);
      goOn();
      expect(await failed).toBe(error);
      expect(steps).toBe(where === 'run' ? 1 : 0);
    },
  );

  it('is over where it is aborted while the event loop turns behind a step', async () => {
    const session = await begun();
    setImmediate(() => void session.abort(new Error('outside')));
    const end = performance.now() + 150;
    await session.run(() => {
      while (performance.now() < end) {}
      return 1;
    });
    expect(session.shouldStop).toBe(true);
    await expect(session.run(() => 1)).rejects.toThrow('when the session was over');
  });

  it('says so where a hook closes the session that is closing', async () => {
    for (const before of [[], [new Recorder()]]) {
      const own: MonitoredSession = await begun({
        hooks: [...before, { end: () => own.close() }],
      });
      await expect(own.close()).rejects.toThrow('close() was called by a hook');
    }
  });

  it.each(['close', 'abort'] as const)(
    'says so where a hook calls %s when it is aborted',
    async (method) => {
      const error = new Error('outside');
      const other = new Recorder();
      let refusal: unknown;
      const abort = async (): Promise<void> => {
        refusal = await rejectionOf(own[method](error));
      };
      const own: MonitoredSession = await begun({ hooks: [{ abort }, other] });
      await own.abort(error);
      expect(String(refusal)).toMatch(/called by a hook|A hook aborts the run/);
      expect(other.errors).toEqual([error]);
    },
  );

  it('lets a hook fetch the tensor that the step gave', async () => {
    let loss: tf.Scalar | undefined;
    const results: unknown[] = [];
    const hook: SessionRunHook = {
      beforeRun: () => ({ fetches: () => loss as tf.Scalar }),
      afterRun: (_context, values) => void results.push(values.results),
    };
    const session = await begun({ hooks: hook });
    const left = await tensorsLeft(() =>
      session.run(() => {
        loss = tf.scalar(4);
        return loss;
      }),
    );
    await session.close();
    expect(results).toEqual([4]);
    expect(left).toBe(0);
  });

  it('tells metrics of one name apart, as fit does', async () => {
    const layers = [tf.layers.dense({ units: 1, inputShape: [2], kernelInitializer: 'ones' })];
    const own = tf.sequential({ layers });
    const same = [1, 2].map((value) => {
      const metric = (): tf.Tensor => tf.scalar(value);
      Object.defineProperty(metric, 'name', { value: 'mine' });
      return metric;
    });
    own.compile({ optimizer: 'sgd', loss: 'meanSquaredError', metrics: same });
    const session = await begun({ model: own });
    const logs = await session.run(() => own.trainOnBatch(tf.ones([2, 2]), tf.zeros([2, 1])));
    const evaluated = await evaluate(own, [tf.ones([2, 2]), tf.zeros([2, 1])]);
    await session.close();
    expect(logs).toEqual({ loss: 4, mine_0: 1, mine_1: 2 });
    expect(Object.keys(logs)).toEqual(Object.keys(evaluated));
  });

  it('has no epochs, and shows the model', async () => {
    const session = await begun({ model });
    expect(session.session.epoch).toBeUndefined();
    expect(session.session.params).toBeUndefined();
    expect(session.session.model).toBe(model);
    await session.close();
  });

  it('lets early stopping of a callback stop it, with a tf.Sequential that is not compiled', async () => {
    const layers = [tf.layers.dense({ units: 1, inputShape: [1] })];
    const stopping = tf.callbacks.earlyStopping({ monitor: 'loss' });
    for (const own of [undefined, tf.sequential({ layers })]) {
      const session = await begun({
        hooks: [toHook(stopping), toHook({ onBatchEnd: () => {} })],
        ...(own && { model: own }),
      });
      await session.run(() => 1);
      expect(session.shouldStop).toBe(false);
      await session.close();
    }
  });
});

function same(value: tf.Scalar): { readonly a: tf.Scalar; readonly b: tf.Scalar } {
  return { a: value, b: value };
}
