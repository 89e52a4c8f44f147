import { describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import {
  callbackList,
  evaluate,
  MonitoredSession,
  StopAtStepHook,
  toCallback,
  toHook,
  ValueError,
} from 'tfjs-hooks';

import { readsOf } from '../support/device-reads.js';
import { Recorder, rejectionOf } from '../support/recorder.js';
import {
  dataset,
  fit,
  functional,
  regression,
  tensorsLeft,
  trainings,
} from '../support/regression.js';

/** Every call that a callback gets, with its arguments. */
class Diary extends tf.Callback {
  readonly entries: unknown[] = [];
  override setParams(params: tf.Callback['params']): void {
    super.setParams(params);
    this.entries.push(['setParams', params]);
  }
  override async onTrainBegin(logs?: object): Promise<void> {
    await this.#note('onTrainBegin', logs);
  }
  override async onTrainEnd(logs?: object): Promise<void> {
    await this.#note('onTrainEnd', logs);
  }
  override async onEpochBegin(epoch: number, logs?: object): Promise<void> {
    await this.#note('onEpochBegin', epoch, logs);
  }
  override async onEpochEnd(epoch: number, logs?: object): Promise<void> {
    await this.#note('onEpochEnd', epoch, logs);
  }
  override async onBatchBegin(batch: number): Promise<void> {
    // In fit the size of the batch is not known then.
    await this.#note('onBatchBegin', batch);
  }
  override async onBatchEnd(batch: number, logs?: object): Promise<void> {
    await this.#note('onBatchEnd', batch, logs);
  }
  async #note(...args: unknown[]): Promise<void> {
    this.entries.push(await Promise.all(args.map(numbers)));
  }
}

/** A copy of logs, with numbers in it. */
async function numbers(value: unknown): Promise<unknown> {
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const entries = Object.entries(value).map(async ([name, one]: [string, unknown]) => [
    name,
    one instanceof tf.Tensor ? (await one.data())[0] : one,
  ]);
  return Object.fromEntries(await Promise.all(entries)) as unknown;
}

describe.each(trainings)('toHook in $name', ({ train }) => {
  it('gives a callback all that fit would give it', async () => {
    const model = functional();
    const weights = model.getWeights().map((weight) => weight.clone());
    const [theirs, ours] = [new Diary(), new Diary()];
    await train(model, { callbacks: theirs, epochs: 2, validation: true });
    model.setWeights(weights);
    await train(model, { callbacks: toCallback(toHook(ours)), epochs: 2, validation: true });
    expect(ours.entries).toEqual(theirs.entries);
    expect((ours as unknown as { model: unknown }).model).toBe(model);
    tf.dispose(weights);
  });

  it('gives arguments of a callback numbers, and logs everywhere', async () => {
    const calls: unknown[] = [];
    const note =
      (name: string, at: number) =>
      (...args: unknown[]): void => {
        calls.push([name, Object.values(args[at] as object).every(Number.isFinite)]);
      };
    const hook = toHook({
      onTrainBegin: note('onTrainBegin', 0),
      onTrainEnd: note('onTrainEnd', 0),
      onEpochBegin: note('onEpochBegin', 1),
      onEpochEnd: note('onEpochEnd', 1),
      onBatchBegin: note('onBatchBegin', 1),
      onBatchEnd: note('onBatchEnd', 1),
    });
    await train(regression(), { callbacks: toCallback(hook), batches: 1 });
    expect(calls).toEqual(
      [
        'onTrainBegin',
        'onEpochBegin',
        'onBatchBegin',
        'onBatchEnd',
        'onEpochEnd',
        'onTrainEnd',
      ].map((name) => [name, true]),
    );
  });

  it('takes what tfvis.show.fitCallbacks gives: a plain object of two handlers', async () => {
    const points: unknown[] = [];
    const plain: Record<string, (iteration: number, logs: tf.Logs) => Promise<void>> = {
      onBatchEnd: (batch: number, logs: tf.Logs) => {
        points.push([batch, Object.keys(logs).sort()]);
        return Promise.resolve();
      },
      onEpochEnd: (epoch: number, logs: tf.Logs) => {
        points.push([epoch, Object.keys(logs).sort()]);
        return Promise.resolve();
      },
    };
    const model = regression();
    await train(model);
    const callbacks = toCallback(toHook(plain));
    expect(await tensorsLeft(() => train(model, { callbacks, batches: 2 }))).toBe(0);
    const ofBatch = ['batch', 'loss', 'mae', 'size'];
    expect(points).toEqual([
      [0, ofBatch],
      [1, ofBatch],
      [0, ['loss', 'mae']],
    ]);
  });

  it('lets early stopping end the run, by numbers of validation', async () => {
    for (const monitor of ['loss', 'val_loss']) {
      const recorder = new Recorder();
      const stopping = tf.callbacks.earlyStopping({ monitor, minDelta: 1e9 });
      const callbacks = toCallback([toHook(stopping), recorder]);
      await train(regression(), { callbacks, epochs: 5, validation: true });
      expect([recorder.count('afterEpoch'), recorder.count('end')]).toEqual([2, 1]);
    }
  });

  it.each(['onTrainBegin', 'onEpochBegin', 'onBatchBegin', 'onBatchEnd'])(
    'stops after the step in hand when stopTraining is set in %s',
    async (method) => {
      const model = regression();
      const recorder = new Recorder();
      const hook = toHook({ [method]: () => void (model.stopTraining = true) });
      await train(model, { callbacks: toCallback([hook, recorder]), epochs: 3 });
      expect([recorder.count('afterRun'), recorder.count('end')]).toEqual([1, 1]);
    },
  );

  it('is not stopped by the flag of an earlier fit', async () => {
    const model = regression();
    const hook = toHook({ onEpochEnd: () => {} });
    const recorder = new Recorder();
    await train(model, { callbacks: new tf.CustomCallback({}) });
    model.stopTraining = true;
    await train(model, { callbacks: toCallback([hook, recorder]), epochs: 2 });
    expect(recorder.count('afterRun')).toBe(8);
  });

  it('reads metrics back only for callbacks that look at them', async () => {
    const model = regression();
    const idle = await readsOf(() => train(model));
    const reads = async (callback: object): Promise<number> => {
      const callbacks = toCallback(toHook(callback));
      return (await readsOf(() => train(model, { callbacks }))) - idle;
    };
    const ofEpoch = 2;
    expect(await reads(new tf.CustomCallback({ onEpochBegin: () => {} }))).toBe(ofEpoch);
    expect(await reads({ onTrainBegin: () => {} })).toBe(ofEpoch);
    expect(await reads(tf.callbacks.earlyStopping({ monitor: 'loss' }))).toBe(ofEpoch);
    expect(await reads({ onBatchEnd: () => {} })).toBe(ofEpoch + 8);
    expect(await reads(new tf.CustomCallback({ onBatchEnd: () => {} }))).toBe(ofEpoch + 8);
    expect(await reads(new Diary())).toBe(ofEpoch + 8);
  });

  it('gives onYield its turn', async () => {
    let now = 0;
    const yields: unknown[] = [];
    const hook = toHook({
      nowFunc: () => (now += 200),
      onYield: (epoch: number, batch: number, logs: tf.Logs) => {
        yields.push([epoch, batch, typeof logs['loss']]);
      },
    });
    await train(regression(), { callbacks: toCallback(hook), epochs: 2, batches: 2 });
    const batches = (epoch: number): unknown[] => [0, 1].map((batch) => [epoch, batch, 'number']);
    expect(yields).toEqual([...batches(0), ...batches(1)]);
  });

  it('passes on what a callback throws', async () => {
    const error = new Error('callback');
    for (const method of ['onTrainBegin', 'onBatchEnd', 'onEpochEnd', 'onTrainEnd']) {
      const recorder = new Recorder();
      const failing = toHook({
        [method]: () => {
          throw error;
        },
      });
      const callbacks = toCallback([failing, recorder]);
      expect(await rejectionOf(train(regression(), { callbacks }))).toBe(error);
      expect(recorder.errors).toEqual([error]);
    }
  });
});

describe('toHook', () => {
  it('gives a stand-in for the model in a loop that has none, whose stopTraining stops', async () => {
    class Stopper extends tf.Callback {
      batches: unknown[] = [];
      override onBatchEnd(batch: number, logs?: object): Promise<void> {
        this.batches.push([batch, logs]);
        const { model } = this as unknown as { model: { stopTraining: boolean } };
        model.stopTraining = batch === 1;
        return Promise.resolve();
      }
    }
    const stopper = new Stopper();
    const recorder = new Recorder();
    const hooks = [toHook(stopper), recorder];
    for (const _ of [0, 1]) {
      const session = new MonitoredSession({ hooks });
      await session.begin();
      for (let i = 0; i < 10 && !session.shouldStop; i += 1) {
        await session.run(() => ({ loss: tf.scalar(i) }));
      }
      await session.close();
    }
    const [first, second] = [
      [0, { batch: 0, loss: 0 }],
      [1, { batch: 1, loss: 1 }],
    ];
    expect(stopper.batches).toEqual([first, second, first, second]);
    expect(recorder.count('end')).toBe(2);
  });

  it('calls onYield as often as the driver is told to yield', async () => {
    const counts = [0, 0];
    const count = (i: 0 | 1) => ({ onYield: () => void (counts[i] = (counts[i] ?? 0) + 1) });
    await fit(regression(), { callbacks: toCallback(toHook(count(0)), { yieldEvery: 'batch' }) });
    await fit(regression(), {
      callbacks: callbackList(count(1), { yieldEvery: 'batch' }),
    });
    expect(counts[0]).toBe(counts[1]);
  });

  it('works in evaluate', async () => {
    const model = regression();
    const diary = new Diary();
    await evaluate(model, dataset(2), { hooks: toHook(diary) });
    expect(diary.entries.map((entry) => (entry as [string])[0])).toEqual([
      'setParams',
      'onTrainBegin',
      'onBatchBegin',
      'onBatchEnd',
      'onBatchBegin',
      'onBatchEnd',
      'onTrainEnd',
    ]);
    expect(diary.entries[0]).toMatchObject(['setParams', { metrics: ['loss', 'mae'] }]);
  });

  it('does not change the callback or its arguments, and calls them on the callback', async () => {
    const args = Object.freeze({ onBatchEnd: () => {}, label: 'mine' });
    await fit(regression(), { callbacks: toCallback(toHook(args)) });
    class Counter extends tf.Callback {
      #batches = 0;
      get batches(): number {
        return this.#batches;
      }
      override onBatchEnd(): Promise<void> {
        this.#batches += 1;
        return Promise.resolve();
      }
    }
    const counter = new Counter();
    await fit(regression(), { callbacks: toCallback(toHook(counter)) });
    expect(counter.batches).toBe(4);
  });

  it.each([
    ['a number', 1],
    ['null', null],
    ['a function', () => {}],
    ['an object with a typing error', { onBatchEnded: () => {} }],
  ])('refuses %s', (_name, value) => {
    expect(() => toHook(value as object)).toThrow(ValueError);
    expect(() => toHook(value as object)).toThrow(/^toHook: takes a callback of tfjs/);
  });

  it.each([
    ['a plain object', { afterRun: () => {} }],
    ['an instance', new StopAtStepHook({ numSteps: 1 })],
  ])('refuses a hook that is %s', (_name, hook) => {
    expect(() => toHook(hook as object)).toThrow(/^toHook: .* is a hook already/);
  });
});
