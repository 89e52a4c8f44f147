import { describe, expect, it, jest } from '@jest/globals';
import type * as Tf from '@tensorflow/tfjs';
import type * as Hooks from 'tfjs-hooks';
import { callbackList, evaluate, MonitoredSession, toCallback } from 'tfjs-hooks';
import type { SessionRunHook, YieldEvery } from 'tfjs-hooks';

import { Yielder } from '../../adapters/tfjs/event-loop.js';
import { dataset, fit, fitDataset, regression } from '../support/regression.js';

/** Makes every step last some milliseconds without giving the event loop a turn. */
function busy(milliseconds: number): SessionRunHook {
  return { afterRun: () => compute(milliseconds) };
}

function compute(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end) {}
}

/** How often a timer fires while something runs. */
async function turnsOf(act: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  const timer = setInterval(() => {
    turns += 1;
  }, 1);
  await act();
  clearInterval(timer);
  return turns;
}

describe('the event loop', () => {
  it.each([
    ['fit', fit],
    ['fitDataset', fitDataset],
  ] as const)('turns while %s runs many short steps', async (_name, train) => {
    const callbacks = toCallback(busy(1));
    const turns = await turnsOf(() => train(regression(), { callbacks, batches: 400 }));
    expect(turns).toBeGreaterThanOrEqual(4);
  });

  it('turns often enough where steps are long', async () => {
    const callbacks = toCallback(busy(70));
    const turns = await turnsOf(() => fit(regression(), { callbacks, batches: 8 }));
    expect(turns).toBeGreaterThanOrEqual(6);
  });

  it('turns where callbackList has callbacks alone, and behind a plain object', async () => {
    const tick = { onBatchEnd: busy(5).afterRun as () => void };
    for (const callbacks of [callbackList(tick), [tick, toCallback([])]]) {
      const turns = await turnsOf(() => fit(regression(), { callbacks, batches: 100 }));
      expect(turns).toBeGreaterThanOrEqual(3);
    }
  });

  it.each<[YieldEvery, number, number]>([
    ['batch', 30, Infinity],
    [1, 25, Infinity],
    ['epoch', 3, 6],
    ['never', 0, 0],
  ])('turns every %s where that is asked for', async (yieldEvery, least, most) => {
    for (const callbacks of [
      toCallback(busy(2), { yieldEvery }),
      callbackList(busy(2), { yieldEvery }),
    ]) {
      const turns = await turnsOf(() => fit(regression(), { callbacks, epochs: 3, batches: 10 }));
      expect(turns).toBeGreaterThanOrEqual(least);
      expect(turns).toBeLessThanOrEqual(most);
    }
  });

  it('turns in a loop of its own and in evaluate', async () => {
    const session = new MonitoredSession({ hooks: busy(5) });
    const ofLoop = await turnsOf(async () => {
      await session.begin();
      for (let i = 0; i < 100; i += 1) {
        await session.run(() => 1);
      }
      await session.close();
    });
    const ofEvaluate = await turnsOf(() =>
      evaluate(regression(), dataset(100), { hooks: busy(5) }),
    );
    expect(ofLoop).toBeGreaterThanOrEqual(3);
    expect(ofEvaluate).toBeGreaterThanOrEqual(3);
  });

  it('turns as often behind a long step as work beside training needs, but not for good', async () => {
    let now = 0;
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => now);
    try {
      const work = { isAttending: true };
      const yielder = new Yielder();
      now += 300;
      setImmediate(() => setImmediate(() => setImmediate(() => (work.isAttending = false))));
      await yielder.afterStep(work);
      expect(work.isAttending).toBe(false);

      work.isAttending = true;
      now += 300;
      clock.mockImplementation(() => (now += 1));
      await yielder.afterStep(work);
      expect(yielder.afterStep()).toBeUndefined();
    } finally {
      clock.mockRestore();
    }
  });

  it('lets a signal stop training that would never end', async () => {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), 50);
    const callbacks = toCallback(busy(1), { signal: controller.signal });
    await fit(regression(), { callbacks, epochs: 1e6 });
    clearTimeout(timer);
    expect(controller.signal.aborted).toBe(true);
  });

  it.each<[string, readonly string[]]>([
    ['without setImmediate', ['setImmediate']],
    ['without setImmediate and MessageChannel', ['setImmediate', 'MessageChannel']],
  ])('turns %s', async (_name, missing) => {
    const saved = missing.map((name) => [name, Reflect.get(globalThis, name)] as const);
    for (const name of missing) {
      Reflect.set(globalThis, name, undefined);
    }
    try {
      const callbacks = toCallback(busy(1), { yieldEvery: 'batch' });
      const turns = await turnsOf(() => fit(regression(), { callbacks, batches: 20 }));
      expect(turns).toBeGreaterThanOrEqual(5);
    } finally {
      for (const [name, value] of saved) {
        Reflect.set(globalThis, name, value);
      }
    }
  });
});

describe('where requestAnimationFrame never fires, as in a hidden tab', () => {
  /** Both packages, loaded where there is such a function. */
  async function hidden(): Promise<{ readonly tf: typeof Tf; readonly hooks: typeof Hooks }> {
    Reflect.set(globalThis, 'requestAnimationFrame', () => 0);
    try {
      let loaded: { tf: typeof Tf; hooks: typeof Hooks } | undefined;
      await jest.isolateModulesAsync(async () => {
        loaded = { tf: await import('@tensorflow/tfjs'), hooks: await import('tfjs-hooks') };
      });
      return loaded as { tf: typeof Tf; hooks: typeof Hooks };
    } finally {
      Reflect.deleteProperty(globalThis, 'requestAnimationFrame');
    }
  }

  it('training goes on, by itself or in any list, in any interval', async () => {
    const { tf, hooks } = await hidden();
    let count = 0;
    const plain = { onBatchEnd: () => {} };
    const slow = busy(10);
    const lists = (yieldEvery: YieldEvery): unknown[] => [
      hooks.toCallback(slow, { yieldEvery }),
      [hooks.toCallback(slow, { yieldEvery }), hooks.toCallback([])],
      hooks.callbackList([plain, slow], { yieldEvery }),
      hooks.callbackList([new tf.CustomCallback(plain, yieldEvery), slow], { yieldEvery }),
      hooks.toCallback([slow, hooks.toHook(plain)], { yieldEvery }),
      hooks.toCallback([slow, hooks.toHook(new tf.CustomCallback(plain, yieldEvery))]),
    ];
    for (const yieldEvery of ['auto', 'batch'] as const) {
      for (const callbacks of lists(yieldEvery)) {
        count += 1;
        const dense = tf.layers.dense({ units: 1, inputShape: [2], name: `hidden${count}` });
        const model = tf.sequential({ layers: [dense] });
        model.compile({ loss: 'meanSquaredError', optimizer: 'sgd' });
        const { epoch } = await model.fit(tf.zeros([16, 2]), tf.zeros([16, 1]), {
          batchSize: 1,
          callbacks: callbacks as Tf.CustomCallback[],
        });
        expect(epoch).toEqual([0]);
      }
    }
  });
});
