import { describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { MonitoredSession, toCallback, ValueError } from 'tfjs-hooks';
import type { Session, SessionRunHook } from 'tfjs-hooks';

import { readsOf } from '../support/device-reads.js';
import { rejectionOf } from '../support/recorder.js';
import { fit, functional, regression, tensorsLeft } from '../support/regression.js';

/** What a session gives, outside of any step. */
async function withSession<T>(
  act: (session: Session) => Promise<T>,
  model?: tf.LayersModel,
): Promise<T> {
  const monitored = new MonitoredSession({ hooks: [], ...(model && { model }) });
  await monitored.begin();
  try {
    return await act(monitored.session);
  } finally {
    await monitored.close();
  }
}

/** A model of two inputs with names; its output is `a + 2 * b`. */
function twoInputs(): tf.LayersModel {
  const a = tf.input({ shape: [1], name: 'a' });
  const b = tf.input({ shape: [1], name: 'b' });
  const twice = tf.layers.add().apply([b, b]) as tf.SymbolicTensor;
  const sum = tf.layers.add().apply([a, twice]) as tf.SymbolicTensor;
  return tf.model({ inputs: [a, b], outputs: [sum, twice] });
}

describe('a fetch', () => {
  it('is in fit a name, a tensor, a variable, a weight, an output or a function', async () => {
    const model = functional();
    const [kernel] = model.weights as [tf.LayerVariable];
    const held = tf.tensor2d([
      [1, 2],
      [3, 4],
    ]);
    const variable = tf.variable(tf.scalar(7, 'int32'));
    const fetches = {
      loss: 'loss',
      step: 'global_step',
      names: [kernel.name, [kernel.originalName]],
      held,
      nested: { variable, kernel, number: () => 5, scalar: () => tf.scalar(6) },
      text: () => tf.scalar('text'),
      flags: () => tf.tensor1d([true, false]),
      empty: () => tf.zeros([0, 3]),
    } as const;
    const results: unknown[] = [];
    const hook: SessionRunHook = {
      beforeRun: () => ({ fetches }),
      afterRun: (_context, values) => {
        results.push(values.results);
      },
    };
    const before = await model.weights[0]?.read().array();
    await fit(model, { callbacks: toCallback(hook), batches: 1 });
    const after = await model.weights[0]?.read().array();
    expect(results).toEqual([
      {
        loss: expect.any(Number),
        step: 1,
        names: [after, [after]],
        held: [
          [1, 2],
          [3, 4],
        ],
        nested: { variable: 7, kernel: after, number: 5, scalar: 6 },
        text: 'text',
        flags: [1, 0],
        empty: [],
      },
    ]);
    expect(after).not.toEqual(before);
    expect([held.isDisposed, variable.isDisposed]).toEqual([false, false]);
    tf.dispose([held, variable]);
  });

  it('has the structure of what was asked, and the types', async () => {
    const scalar = tf.scalar(2);
    const vector = tf.tensor1d([1, 2]);
    await withSession(async (session) => {
      const step: number = await session.run('global_step');
      const two: [number, number[]] = await session.run([scalar, vector]);
      const { own, deep } = await session.run({ own: () => 3, deep: { vector } });
      const sum: number = own + (deep.vector[0] ?? 0);
      expect([step, two, sum]).toEqual([0, [2, [1, 2]], 4]);
      expect(await session.run([])).toEqual([]);
      expect(await session.run({})).toEqual({});
    });
    tf.dispose([scalar, vector]);
  });

  it('calls a function with the session, once however many hooks ask', async () => {
    let calls = 0;
    const count = (session: Session): number => {
      calls += 1;
      return session.globalStep;
    };
    const results: unknown[] = [];
    const hook = (): SessionRunHook<typeof count> => ({
      beforeRun: () => ({ fetches: count }),
      afterRun: (_context, values) => void results.push(values.results),
    });
    await fit(regression(), { callbacks: toCallback([hook(), hook()]), batches: 2 });
    expect(results).toEqual([1, 1, 2, 2]);
    expect(calls).toBe(2);
  });

  it('gives hooks that fetch nothing undefined', async () => {
    const results: unknown[] = [];
    const hook: SessionRunHook = { afterRun: (_context, values) => void results.push(values) };
    const other: SessionRunHook = { beforeRun: () => ({ fetches: 'loss' }) };
    const empty: SessionRunHook = {
      beforeRun: () => ({}),
      afterRun: (_context, values) => void results.push(values),
    };
    await fit(regression(), { callbacks: toCallback([hook, other, empty]), batches: 1 });
    expect(results).toEqual([{ results: undefined }, { results: undefined }]);
  });
});

describe('the tensors of a fetch function', () => {
  const held = tf.keep(tf.scalar(1));
  const variable = tf.variable(tf.scalar(2));

  it.each<[string, () => tf.Tensor | number | Promise<tf.Tensor | number>]>([
    ['that makes one', () => tf.scalar(1)],
    ['that makes several', () => tf.scalar(1).add(2).mul(3)],
    ['that tidies up itself', () => tf.tidy(() => tf.scalar(1).add(2))],
    ['that gives a number', () => tf.scalar(1).dataSync()[0] ?? 0],
    ['that is asynchronous', async () => Promise.resolve(tf.scalar(1).add(2))],
    ['that makes its result after waiting', async () => Promise.resolve().then(() => tf.ones([3]))],
    ['that hands on a held tensor', () => held],
    ['that hands on a held tensor later', async () => Promise.resolve(held)],
    ['that hands on a variable', () => variable],
    ['that makes one on the way to a held tensor', () => (tf.scalar(3), held)],
    ['that clones a held tensor', () => held.clone()],
  ])('%s are disposed, and no others', async (_name, fetch) => {
    await withSession(async (session) => {
      expect(await tensorsLeft(() => session.run(fetch))).toBe(0);
    });
    expect([held.isDisposed, variable.isDisposed]).toEqual([false, false]);
  });

  it('are disposed when it throws, at once or later, or gives nothing', async () => {
    const error = new Error('no');
    await withSession(async (session) => {
      for (const fetch of [
        () => {
          tf.scalar(1).add(2);
          throw error;
        },
        async () => {
          tf.scalar(1).add(2);
          await Promise.resolve();
          throw error;
        },
      ]) {
        const left = await tensorsLeft(async () => {
          expect(await rejectionOf(session.run(fetch))).toBe(error);
        });
        expect(left).toBe(0);
      }
      const nothing = (() => void tf.scalar(1)) as unknown as () => number;
      expect(await tensorsLeft(() => rejectionOf(session.run(nothing)))).toBe(0);
    });
  });

  it('are disposed though another fetch of the step fails', async () => {
    await withSession(async (session) => {
      const fetches = [() => tf.scalar(1), 'nonsense', async () => Promise.resolve(tf.ones([2]))];
      expect(await tensorsLeft(() => rejectionOf(session.run(fetches)))).toBe(0);
    });
  });

  it('stay where the function keeps them', async () => {
    let kept: tf.Tensor | undefined;
    await withSession((session) => session.run(() => (kept ??= tf.keep(tf.scalar(4)))));
    expect(kept?.isDisposed).toBe(false);
    kept?.dispose();
  });

  it('do not include what the caller has in a scope of its own', async () => {
    const made = tf.scalar(1);
    await withSession((session) => session.run(() => made));
    expect(made.isDisposed).toBe(false);
    made.dispose();
  });
});

describe('a symbolic tensor', () => {
  it('is computed from the values of its inputs, by name', async () => {
    const model = twoInputs();
    const [sum, twice] = model.outputs as [tf.SymbolicTensor, tf.SymbolicTensor];
    await withSession(async (session) => {
      const b = tf.tensor2d([[3], [4]]);
      const left = await tensorsLeft(async () => {
        const results = await session.run([sum, twice], { a: [[1], [2]], b });
        expect(results).toEqual([
          [[7], [10]],
          [[6], [8]],
        ]);
        expect(await session.run(twice, { b })).toEqual([[6], [8]]);
      });
      expect(left).toBe(0);
      expect(b.isDisposed).toBe(false);
      b.dispose();
    }, model);
  });

  it('may be an input or lie within the model', async () => {
    const model = twoInputs();
    const [, input] = model.inputs as [tf.SymbolicTensor, tf.SymbolicTensor];
    await withSession(async (session) => {
      const b = tf.tensor2d([[3]]);
      expect(await session.run(input, { b })).toEqual([[3]]);
      expect(b.isDisposed).toBe(false);
      b.dispose();
    }, model);
  });

  it('uses the weights there are when it is read', async () => {
    const model = regression();
    const output = model.outputs[0] as tf.SymbolicTensor;
    const feed = { [model.inputNames[0] as string]: [[1, 1]] };
    const results: unknown[] = [];
    const hook: SessionRunHook = {
      afterRun: async ({ session }) => void results.push(await session.run(output, feed)),
    };
    await fit(model, { callbacks: toCallback(hook), batches: 2 });
    const now = model.predict(tf.tensor2d([[1, 1]])) as tf.Tensor;
    expect(results[1]).toEqual(await now.array());
    expect(results[0]).not.toEqual(results[1]);
  });

  it('can be one of a tf.Sequential that was never compiled', async () => {
    const model = tf.sequential({
      layers: [tf.layers.dense({ units: 1, inputShape: [1], kernelInitializer: 'ones' })],
    });
    const output = model.outputs[0] as tf.SymbolicTensor;
    const name = output.inputs[0]?.sourceLayer.name as string;
    expect(await withSession((session) => session.run(output, { [name]: [[4]] }), model)).toEqual([
      [4],
    ]);
  });

  it.each([
    ['a missing value', { a: [[1]] }, /needs a value for its input b/],
    ['no values', undefined, /needs a value for its input a, b/],
    ['a name that is no input', { a: [[1]], b: [[1]], c: [[1]] }, /no input named 'c'.*a, b/],
  ])('says what is wrong with %s', async (_name, feed, message) => {
    const model = twoInputs();
    const sum = model.outputs[0] as tf.SymbolicTensor;
    const left = await tensorsLeft(async () => {
      const error = await rejectionOf(withSession((session) => session.run(sum, feed), model));
      expect(error).toBeInstanceOf(ValueError);
      expect(error).toMatchObject({ message: expect.stringMatching(message) });
    });
    expect(left).toBe(0);
  });
});

describe('a weight that is asked for in several ways', () => {
  it('is read once', async () => {
    const model = functional();
    const kernel = model.weights[0] as tf.LayerVariable;
    const tensor = kernel.read();
    const hooks: SessionRunHook[] = [kernel.name, kernel, tensor, () => kernel.read()].map(
      (fetches) => ({ beforeRun: () => ({ fetches }) }),
    );
    const reads = (callbacks: readonly SessionRunHook[]): Promise<number> =>
      readsOf(() => fit(model, { callbacks: toCallback(callbacks), batches: 1 }));
    expect((await reads(hooks)) - (await reads([]))).toBe(1);
  });
});

describe('a wrong fetch', () => {
  it('is a name that two weights had before tfjs told them apart', async () => {
    const inner = (): tf.Sequential =>
      tf.sequential({ layers: [tf.layers.dense({ name: 'twin', units: 1, inputShape: [1] })] });
    // The name itself is the weight's of another model.
    inner();
    const input = tf.input({ shape: [1] });
    const outputs = inner().apply(inner().apply(input)) as tf.SymbolicTensor;
    const model = tf.model({ inputs: input, outputs });
    const error = await rejectionOf(withSession((session) => session.run('twin/kernel'), model));
    const kernels = model.weights.filter(({ originalName }) => originalName === 'twin/kernel');
    const names = kernels.map(({ name }) => name).join(', ');
    expect(error).toBeInstanceOf(ValueError);
    expect(error).toMatchObject({
      message: `'twin/kernel' may be any of these weights: ${names}.`,
    });
  });

  it('is an unknown name: the error lists the metrics, the global step and the weights', async () => {
    const model = functional();
    const error = await rejectionOf(withSession((session) => session.run('kernel'), model));
    const names = ['global_step', ...model.weights.map(({ name }) => name)].join(', ');
    expect(error).toBeInstanceOf(ValueError);
    expect(error).toMatchObject({
      message: `No value named 'kernel' before the first step. There are: ${names}.`,
    });
  });

  it.each([
    ['null', null, /cannot fetch null/],
    ['a number', 1, /cannot fetch 1/],
    ['a date', new Date(0), /cannot fetch an object of class Date/],
    ['a part of a record', { a: { b: undefined } }, /cannot fetch undefined/],
    ['a function that gives text', () => 'text', /must give a tensor or a number, but gave "text"/],
    ['a function that gives nothing', () => undefined, /but gave undefined/],
  ])('is %s', async (_name, fetch, message) => {
    const run = withSession((session) => session.run(fetch as unknown as string));
    const error = await rejectionOf(run);
    expect(error).toBeInstanceOf(ValueError);
    expect(error).toMatchObject({ message: expect.stringMatching(message) });
  });

  it('is a complex tensor, and one that is disposed', async () => {
    const complex = tf.complex([1], [2]);
    const disposed = tf.scalar(1);
    disposed.dispose();
    await withSession(async (session) => {
      await expect(session.run(complex)).rejects.toThrow(/complex tensor/);
      await expect(session.run(disposed)).rejects.toThrow(/disposed/);
    });
    complex.dispose();
  });
});
