import { afterEach, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { evaluate, MonitoredSession, toCallback } from 'tfjs-hooks';
import type { SessionRunHook } from 'tfjs-hooks';

import { LIFECYCLE, Recorder, rejectionOf } from '../support/recorder.js';
import type { Method } from '../support/recorder.js';
import {
  dataset,
  examples,
  fit,
  fitDataset,
  regression,
  tensorsLeft,
} from '../support/regression.js';

/** A driver, as these tests need it: two steps with some hooks. */
interface Driver {
  readonly name: string;
  readonly hasEpochs: boolean;
  drive(model: tf.LayersModel, hooks: readonly SessionRunHook[]): Promise<unknown>;
}

const drivers: readonly Driver[] = [
  {
    name: 'toCallback in fit',
    hasEpochs: true,
    drive: (model, hooks) => fit(model, { callbacks: toCallback(hooks), batches: 2 }),
  },
  {
    name: 'toCallback in fitDataset',
    hasEpochs: true,
    drive: (model, hooks) => fitDataset(model, { callbacks: toCallback(hooks), batches: 2 }),
  },
  {
    name: 'toCallback behind a plain object',
    hasEpochs: true,
    drive: (model, hooks) =>
      fit(model, { callbacks: [{ onEpochEnd: () => {} }, toCallback(hooks)], batches: 2 }),
  },
  {
    name: 'MonitoredSession',
    hasEpochs: false,
    drive: async (model, hooks) => {
      const session = new MonitoredSession({ hooks, model });
      await session.begin();
      await session.run(() => ({ loss: tf.scalar(1) }));
      await session.run(() => tf.scalar(2));
      await session.close();
    },
  },
  {
    name: 'evaluate of a pair',
    hasEpochs: false,
    drive: async (model, hooks) => {
      const { xs, ys } = examples(2);
      const pair = [tf.tensor2d(xs), tf.tensor2d(ys)] as const;
      try {
        await evaluate(model, pair, { hooks, batchSize: 2 });
      } finally {
        tf.dispose([...pair]);
      }
    },
  },
  {
    name: 'evaluate of a dataset',
    hasEpochs: false,
    drive: (model, hooks) => evaluate(model, dataset(2), { hooks }),
  },
];

const readsLoss: SessionRunHook = { beforeRun: () => ({ fetches: 'loss' }) };

describe.each(drivers)('$name', ({ drive, hasEpochs }) => {
  const methods = LIFECYCLE.filter(
    (method) => method !== 'abort' && (hasEpochs || !method.includes('Epoch')),
  );

  it.each(methods)('aborts all that had begun when a hook throws in %s', async (method) => {
    const error = new Error(method);
    const [before, failing, behind] = [new Recorder(), new Recorder(method, error), new Recorder()];
    const model = regression();
    expect(await rejectionOf(drive(model, [before, readsLoss, failing, behind]))).toBe(error);
    const last = method === 'end' ? [method] : [method, 'abort'];
    expect(failing.calls.slice(-last.length)).toEqual(last);
    for (const recorder of [before, failing, behind]) {
      const owed = recorder.count('begin') === 1 && recorder.count('end') === 0;
      expect(recorder.errors).toEqual(owed ? [error] : []);
      expect(recorder.calls.lastIndexOf('abort')).toBe(owed ? recorder.calls.length - 1 : -1);
    }
  });

  it.each(methods)('leaves no tensors when a hook throws in %s', async (method) => {
    const model = regression();
    await drive(model, []);
    const hooks = [readsLoss, new Recorder(method, new Error('no'))];
    const left = await tensorsLeft(() => rejectionOf(drive(model, hooks)));
    expect(left).toBeLessThanOrEqual(hasEpochs ? leftByTfjs(method) : 0);
  });

  it.each(methods)('frees the hooks for the next run when one throws in %s', async (method) => {
    const error = new Error('no');
    const [recorder, failing] = [new Recorder(), new Recorder(method, error)];
    const model = regression();
    expect(await rejectionOf(drive(model, [recorder, failing]))).toBe(error);
    await drive(model, [recorder]);
    expect(recorder.calls.at(-1)).toBe('end');
    expect(recorder.count('begin')).toBe(2);
  });

  it('passes on whatever was thrown, also by hooks that answer later', async () => {
    for (const error of ['text', undefined, null, 0, { code: 1 }]) {
      const hook: SessionRunHook = {
        afterRun: async () => {
          await Promise.resolve();
          throw error;
        },
      };
      const caught = await drive(regression(), [hook]).then(
        () => 'nothing',
        (reason: unknown) => reason,
      );
      expect(caught).toBe(error);
    }
  });

  it('reports the first error, though abort throws too', async () => {
    const error = new Error('first');
    const last = new Recorder();
    const hooks = [
      new Recorder('abort', new Error('second')),
      new Recorder('afterRun', error),
      last,
    ];
    expect(await rejectionOf(drive(regression(), hooks))).toBe(error);
    expect(last.errors).toEqual([error]);
  });

  it('aborts when a fetch has an unknown name, and tells the names there are', async () => {
    const recorder = new Recorder();
    const hook: SessionRunHook = { beforeRun: () => ({ fetches: ['loss', 'lss'] }) };
    const error = await rejectionOf(drive(regression(), [recorder, hook]));
    expect(error).toMatchObject({
      name: 'ValueError',
      message: expect.stringMatching(
        /^No value named 'lss' in this step\. There are: .*loss.*global_step/,
      ),
    });
    expect(recorder.errors).toEqual([error]);
  });

  it('aborts when a fetch function throws', async () => {
    const error = new Error('lost');
    const recorder = new Recorder();
    const hook: SessionRunHook = {
      beforeRun: () => ({
        fetches: () => {
          throw error;
        },
      }),
    };
    expect(await rejectionOf(drive(regression(), [recorder, hook]))).toBe(error);
    expect(recorder.errors).toEqual([error]);
  });

  it('does not take a hook that another run holds, which goes on', async () => {
    const shared = new Recorder();
    const other = new MonitoredSession({ hooks: shared });
    await other.begin();
    const recorder = new Recorder();
    await expect(drive(regression(), [recorder, shared])).rejects.toThrow(/another run/);
    expect(recorder.calls).toEqual([]);
    await other.run(() => 1);
    await other.close();
    expect(shared.calls).toEqual(['begin', 'afterCreateSession', 'beforeRun', 'afterRun', 'end']);
    await drive(regression(), [recorder, shared]);
    expect(shared.calls.at(-1)).toBe('end');
  });
});

describe('a fit that throws', () => {
  afterEach(() => {
    tf.disposeVariables();
  });

  it.each(['fit', 'fitDataset'] as const)(
    'leaves in %s no more tensors than with a throwing tf.CustomCallback',
    async (name) => {
      const train = name === 'fit' ? fit : fitDataset;
      const model = regression();
      await train(model);
      const throws = (): void => {
        throw new Error('no');
      };
      const pairs = [
        ['begin', { onTrainBegin: throws }],
        ['beforeEpoch', { onEpochBegin: throws }],
        ['beforeRun', { onBatchBegin: throws }],
        ['afterRun', { onBatchEnd: throws }],
        ['afterEpoch', { onEpochEnd: throws }],
        ['end', { onTrainEnd: throws }],
      ] as const;
      for (const [method, args] of pairs) {
        const theirs = new tf.CustomCallback(args);
        const ours = toCallback([readsLoss, new Recorder(method, new Error('no'))]);
        const left = [];
        for (const callbacks of [theirs, ours]) {
          left.push(await tensorsLeft(() => rejectionOf(train(model, { callbacks }))));
        }
        expect([method, left[1]]).toEqual([method, Math.min(...left)]);
      }
    },
  );
});

/** What `fit` itself loses then, whoever throws: indices, a batch, sums of metrics and history. */
function leftByTfjs(method: Method): number {
  return (
    { beforeEpoch: 2, beforeRun: 5, afterRun: 5, afterEpoch: 0, end: 4 }[method as string] ?? 0
  );
}
