import { describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { callbackList, StopAtStepHook, toCallback, ValueError } from 'tfjs-hooks';
import type { SessionRunHook } from 'tfjs-hooks';

import { Recorder } from '../support/recorder.js';
import { fit, regression, tensorsLeft, trainings } from '../support/regression.js';

class BatchCounter extends tf.Callback {
  batches = 0;
  override onBatchEnd(): Promise<void> {
    this.batches += 1;
    return Promise.resolve();
  }
}

/** One of each kind that fit knows, and a hook; each tells how many batches it saw. */
function oneOfEach(): { readonly all: readonly object[]; readonly seen: () => readonly number[] } {
  const counts = [0, 0, 0];
  const instance = new BatchCounter();
  const hook: SessionRunHook = { afterRun: () => void (counts[0] = (counts[0] ?? 0) + 1) };
  const plain = { onBatchEnd: () => void (counts[1] = (counts[1] ?? 0) + 1) };
  const custom = new tf.CustomCallback({
    onBatchEnd: () => void (counts[2] = (counts[2] ?? 0) + 1),
  });
  return { all: [hook, instance, plain, custom], seen: () => [...counts, instance.batches] };
}

function permutations<T>(items: readonly T[]): readonly (readonly T[])[] {
  return items.length < 2
    ? [items]
    : items.flatMap((item, i) =>
        permutations([...items.slice(0, i), ...items.slice(i + 1)]).map((rest) => [item, ...rest]),
      );
}

const orders = permutations([0, 1, 2, 3]).map((order) => ({ order, text: order.join(' ') }));

describe('callbackList', () => {
  it.each(orders)(
    'takes hooks and callbacks of all kinds in the order $text',
    async ({ order }) => {
      const { all, seen } = oneOfEach();
      const callbacks = callbackList(order.map((i) => all[i] as object));
      await fit(regression(), { callbacks, batches: 3 });
      expect(seen()).toEqual([3, 3, 3, 3]);
    },
  );

  it.each(trainings)('takes them in $name, and leaves no tensors', async ({ train }) => {
    const model = regression();
    await train(model);
    const { all, seen } = oneOfEach();
    const callbacks = callbackList(all);
    const left = await tensorsLeft(() => train(model, { callbacks, epochs: 2, batches: 2 }));
    expect(seen()).toEqual([4, 4, 4, 4]);
    expect(left).toBe(0);
  });

  it('takes one callback or one hook by itself', async () => {
    const instance = new BatchCounter();
    const recorder = new Recorder();
    await fit(regression(), { callbacks: callbackList(instance) });
    await fit(regression(), { callbacks: callbackList(recorder) });
    expect([instance.batches, recorder.count('afterRun')]).toEqual([4, 4]);
  });

  it('puts all hooks where the first of them stands, in one session', async () => {
    const calls: string[] = [];
    const [first, second] = ['first', 'second'].map((name): SessionRunHook => ({
      afterRun: () => void calls.push(name),
    })) as [SessionRunHook, SessionRunHook];
    const callback = (name: string): object => ({ onBatchEnd: () => void calls.push(name) });
    const list = callbackList([callback('before'), first, callback('between'), second]);
    await fit(regression(), { callbacks: list, batches: 1 });
    expect(list).toHaveLength(3);
    expect(calls).toEqual(['before', 'first', 'second', 'between']);
  });

  it('hands the model over, so that hooks stop and callbacks stop', async () => {
    const [byHook, byCallback] = [new Recorder(), new Recorder()];
    const stop = { onBatchEnd: () => void (model.stopTraining = true) };
    const model = regression();
    const plain = { onEpochEnd: () => {} };
    await fit(regression(), {
      callbacks: callbackList([plain, byHook, new StopAtStepHook({ lastStep: 2 })]),
    });
    await fit(model, { callbacks: callbackList([plain, stop, byCallback]), epochs: 3 });
    expect([byHook.count('afterRun'), byCallback.count('afterRun')]).toEqual([2, 1]);
    expect([byHook.count('end'), byCallback.count('end')]).toEqual([1, 1]);
  });

  it('lets early stopping end training behind a plain object', async () => {
    const recorder = new Recorder();
    const stopping = tf.callbacks.earlyStopping({ monitor: 'loss', minDelta: 1e9 });
    const callbacks = callbackList([{ onEpochEnd: () => {} }, recorder, stopping]);
    await fit(regression(), { callbacks, epochs: 5 });
    expect(recorder.count('afterEpoch')).toBe(2);
    expect(recorder.count('end')).toBe(1);
  });

  it('counts a step once beside another list and another callback', async () => {
    const recorder = new Recorder();
    const callbacks = [...callbackList([recorder]), toCallback(new Recorder())];
    await fit(regression(), { callbacks });
    expect(recorder.session?.globalStep).toBe(4);
  });

  it('gives onYield to arguments of a callback', async () => {
    const yields: unknown[] = [];
    let now = 0;
    const args = {
      nowFunc: () => (now += 200),
      onYield: (epoch: number, batch: number) => void yields.push([epoch, batch]),
    };
    await fit(regression(), { callbacks: callbackList(args), batches: 3 });
    expect(yields).toEqual([0, 1, 2].map((batch) => [0, batch]));
  });

  it('can be used for one fit after another', async () => {
    const { all, seen } = oneOfEach();
    const callbacks = callbackList(all);
    const model = regression();
    await fit(model, { callbacks, batches: 2 });
    await fit(model, { callbacks, batches: 2 });
    expect(seen()).toEqual([4, 4, 4, 4]);
  });

  it('refuses an object that is hook and callback in one', () => {
    const both = { afterRun: () => {}, onBatchEnd: () => {} };
    expect(() => callbackList([both])).toThrow(ValueError);
  });

  it.each([
    ['a number', 1, /callbackList: takes a callback of tfjs, but got 1/],
    ['null', null, /callbackList: takes a callback of tfjs, but got null/],
    ['an object without methods', { onBatchDone: 1 }, /callbackList: .*with onBatchDone/],
  ])('refuses %s', (_name, value, message) => {
    expect(() => callbackList([value as object])).toThrow(ValueError);
    expect(() => callbackList([value as object])).toThrow(message);
  });

  it('refuses the same hook twice', () => {
    const hook = new Recorder();
    expect(() => callbackList([hook, hook])).toThrow(ValueError);
  });
});

describe('an array of callbacks with toCallback among them', () => {
  it('is taken by fit wherever it stands among instances', async () => {
    for (const place of [0, 1, 2]) {
      const recorder = new Recorder();
      const instances: tf.Callback[] = [new BatchCounter(), new BatchCounter()];
      const callbacks: unknown[] = [...instances];
      callbacks.splice(place, 0, toCallback(recorder));
      await fit(regression(), { callbacks, batches: 3 });
      expect([recorder.count('afterRun'), recorder.count('end')]).toEqual([3, 1]);
    }
  });

  it.each(trainings)('is taken by $name behind a plain object', async ({ train }) => {
    const model = regression();
    await train(model);
    const recorder = new Recorder();
    const stop = new StopAtStepHook({ lastStep: 3 });
    const plain = { onBatchEnd: () => {} };
    const callbacks = [plain, toCallback([recorder, stop], { model })];
    expect(await tensorsLeft(() => train(model, { callbacks, epochs: 2 }))).toBe(0);
    expect([recorder.count('afterRun'), recorder.count('end')]).toEqual([3, 1]);
    expect(recorder.session?.globalStep).toBe(3);
  });

  it.each([
    [
      'a stop',
      ({ requestStop }: { requestStop: () => void }): void => requestStop(),
      /A stop needs the model.*'model'.*callbackList/,
    ],
    [
      'a weight by name',
      async ({ session }: { session: { run(name: string): Promise<unknown> } }) => {
        await session.run('dense/kernel');
      },
      /No value named 'dense\/kernel'.*'model'.*callbackList/,
    ],
  ])('says behind a plain object that %s needs the model', async (_name, act, message) => {
    const recorder = new Recorder();
    const hook = { afterRun: act } as SessionRunHook;
    const callbacks = [{ onEpochEnd: () => {} }, toCallback([recorder, hook])];
    await expect(fit(regression(), { callbacks })).rejects.toThrow(message);
    expect(recorder.count('afterRun')).toBe(1);
    expect(recorder.count('abort')).toBe(1);
  });

  it('does without the model behind a plain object where nothing needs it', async () => {
    const losses: unknown[] = [];
    const hook: SessionRunHook<'loss'> = {
      beforeRun: () => ({ fetches: 'loss' }),
      afterRun: (_context, { results }) => void losses.push(results),
    };
    await fit(regression(), { callbacks: [{ onEpochEnd: () => {} }, toCallback(hook)] });
    expect(losses).toEqual(Array(4).fill(expect.any(Number)));
  });
});
