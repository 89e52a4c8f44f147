import { describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { callbackList, MonitoredSession, toCallback } from 'tfjs-hooks';
import type { SessionRunHook } from 'tfjs-hooks';

import { Recorder, rejectionOf } from '../support/recorder.js';
import { dataset, fit, regression, tensorsLeft } from '../support/regression.js';

const readsLoss: SessionRunHook = {
  beforeRun: ({ session }) => (session.globalStep % 2 === 0 ? { fetches: 'loss' } : undefined),
};

const error = new Error('outside');

/** Ways to fail that pass through no callback of ours. */
const failures: readonly {
  readonly name: string;
  train(hooks: SessionRunHook[], model: tf.LayersModel): Promise<unknown>;
  model?(): tf.LayersModel;
}[] = [
  {
    name: 'the loss throws',
    model: () => {
      let calls = 0;
      const loss = (labels: tf.Tensor, predictions: tf.Tensor): tf.Tensor => {
        calls += 1;
        if (calls % 3 === 0) {
          throw error;
        }
        return tf.losses.meanSquaredError(labels, predictions);
      };
      return regression({ loss });
    },
    train: (hooks, model) => fit(model, { callbacks: toCallback(hooks) }),
  },
  {
    name: 'another callback throws behind ours',
    train: (hooks, model) => fit(model, { callbacks: [toCallback(hooks), failingCallback()] }),
  },
  {
    name: 'another callback throws before ours',
    train: (hooks, model) => fit(model, { callbacks: [failingCallback(), toCallback(hooks)] }),
  },
  {
    name: 'another callback of a list throws',
    train: (hooks, model) => fit(model, { callbacks: callbackList([...hooks, failing]) }),
  },
  {
    name: 'another callback throws at the beginning',
    train: (hooks, model) => {
      const first = new tf.CustomCallback({ onTrainBegin: () => fail() });
      return fit(model, { callbacks: [toCallback(hooks), first] });
    },
  },
  {
    name: 'another callback throws at the end of an epoch',
    train: (hooks, model) => {
      const last = new tf.CustomCallback({ onEpochEnd: () => fail() });
      return fit(model, { callbacks: [toCallback(hooks), last] });
    },
  },
  {
    name: 'the dataset throws',
    train: (hooks, model) =>
      model.fitDataset(failingDataset(), { epochs: 1, callbacks: toCallback(hooks) }),
  },
  {
    name: 'the validation throws',
    train: (hooks, model) =>
      model.fitDataset(dataset(2), {
        epochs: 1,
        validationData: failingDataset(),
        callbacks: toCallback(hooks),
      }),
  },
  {
    name: 'another callback throws behind a plain object',
    train: (hooks, model) =>
      fit(model, { callbacks: [toCallback(hooks, { model }), failing].reverse() }),
  },
];

describe.each(failures)('when $name', ({ train, model: makeModel = () => regression() }) => {
  it('fit rejects with that error, and the hooks are aborted without being used again', async () => {
    const recorder = new Recorder();
    expect(await rejectionOf(train([recorder, readsLoss], makeModel()))).toBe(error);
    await turn();
    expect(recorder.count('begin')).toBe(1);
    expect(recorder.count('end')).toBe(0);
    expect(recorder.errors).toHaveLength(1);
  });

  it('the hooks are free for another run at once, and get abort before it begins', async () => {
    const recorder = new Recorder();
    await rejectionOf(train([recorder, readsLoss], makeModel()));
    await fit(regression(), { callbacks: toCallback([readsLoss, recorder]), batches: 1 });
    const aborted = recorder.calls.indexOf('abort');
    expect(recorder.calls.slice(aborted)).toEqual([
      'abort',
      'begin',
      'afterCreateSession',
      'beforeEpoch',
      'beforeRun',
      'afterRun',
      'afterEpoch',
      'end',
    ]);
    expect(recorder.count('abort')).toBe(1);
  });

  it('the hooks are free for a loop of its own at once', async () => {
    const recorder = new Recorder();
    await rejectionOf(train([recorder], makeModel()));
    const session = new MonitoredSession({ hooks: recorder });
    await session.begin();
    await session.close();
    expect(recorder.calls.slice(-4)).toEqual(['abort', 'begin', 'afterCreateSession', 'end']);
  });

  it('no tensor of ours is left', async () => {
    const model = makeModel();
    await model.trainOnBatch(tf.ones([2, 2]), tf.ones([2, 1]));
    const without = await tensorsLeft(() => rejectionOf(train([], model)));
    const withHooks = await tensorsLeft(() => rejectionOf(train([readsLoss], model)));
    expect(withHooks).toBeLessThanOrEqual(without);
  });

  it('the next fit of the model trains as ever', async () => {
    const model = makeModel();
    await rejectionOf(train([new Recorder()], model));
    model.compile({ loss: 'meanSquaredError', optimizer: 'sgd' });
    const recorder = new Recorder();
    const { history } = await fit(model, { callbacks: toCallback(recorder) });
    expect(history['loss']).toHaveLength(1);
    expect(recorder.count('afterRun')).toBe(4);
    expect(recorder.count('end')).toBe(1);
  });
});

describe('when a fit fails that handed no model over', () => {
  it('the hooks are free at once, and get abort before they are used again', async () => {
    const recorder = new Recorder();
    const model = regression();
    await fit(model);
    const callbacks = [failing, toCallback([recorder, readsLoss])];
    const left = await tensorsLeft(async () => {
      expect(await rejectionOf(fit(model, { callbacks }))).toBe(error);
      await fit(model, { callbacks: toCallback(recorder) });
    });
    const leftByTfjs = await tensorsLeft(() => rejectionOf(fit(model, { callbacks: failing })));
    expect(recorder.count('abort')).toBe(1);
    expect(recorder.calls.at(-1)).toBe('end');
    expect(left).toBe(leftByTfjs);
  });

  it('a hook that is used in two such runs at once throws', async () => {
    const shared = new Recorder();
    const second = regression();
    const outer: SessionRunHook = {
      afterRun: async () => {
        await fit(second, { callbacks: [{ onEpochEnd: () => {} }, toCallback(shared)] });
      },
    };
    const callbacks = [{ onEpochEnd: () => {} }, toCallback([outer, shared])];
    expect(await rejectionOf(fit(regression(), { callbacks }))).toMatchObject({
      message: expect.stringMatching(/two runs at once/),
    });
  });
});

describe('hooks in two runs at once', () => {
  it('are refused by a fit while another fit holds them', async () => {
    const shared = new Recorder();
    const second = regression();
    let refused: unknown;
    const hook: SessionRunHook = {
      afterRun: async () => {
        refused ??= await rejectionOf(fit(second, { callbacks: toCallback(shared) }));
      },
    };
    await fit(regression(), { callbacks: toCallback([hook, shared]) });
    expect(refused).toMatchObject({ message: expect.stringMatching(/^Recorder .*two at once/) });
    expect(shared.count('afterRun')).toBe(4);
    expect([shared.count('end'), shared.count('abort')]).toEqual([1, 0]);
    await fit(second, { callbacks: toCallback(shared) });
    expect(shared.count('end')).toBe(2);
  });

  it('are refused by one callback in two fits at once', async () => {
    const callback = toCallback(new Recorder());
    const results = await Promise.allSettled([
      fit(regression(), { callbacks: callback }),
      fit(regression(), { callbacks: callback }),
    ]);
    expect(results.map(({ status }) => status)).toContain('rejected');
  });
});

const failing = {
  onBatchEnd: (batch: number): void => {
    if (batch === 1) {
      fail();
    }
  },
};

function failingCallback(): tf.CustomCallback {
  return new tf.CustomCallback(failing);
}

function fail(): never {
  throw error;
}

/** One batch, then an error. */
function failingDataset(): tf.data.Dataset<tf.TensorContainer> {
  return tf.data.generator(function* generate() {
    yield { xs: tf.zeros([2, 2]), ys: tf.zeros([2, 1]) };
    throw error;
  });
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
