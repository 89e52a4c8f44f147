import { getEventListeners } from 'node:events';

import { describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import {
  evaluate,
  FinalOpsHook,
  GlobalStepWaiterHook,
  LoggingTensorHook,
  MonitoredSession,
  StopAtStepHook,
  toCallback,
} from 'tfjs-hooks';
import type { SessionRunContext, SessionRunHook } from 'tfjs-hooks';

import { lineLogger, Recorder } from '../support/recorder.js';
import { dataset, fit, regression, trainings } from '../support/regression.js';

/** Asks to stop in a method of its choice, at its n-th call. */
function stopIn(method: 'beforeRun' | 'afterRun', call: number, reason?: string): SessionRunHook {
  let calls = 0;
  const stop = (context: SessionRunContext): void => {
    calls += 1;
    if (calls === call) {
      context.requestStop(reason);
    }
  };
  return { [method]: stop };
}

describe.each(trainings)('a stop in $name', ({ train }) => {
  it.each(['beforeRun', 'afterRun'] as const)(
    'requested in %s ends training after that step',
    async (method) => {
      const recorder = new Recorder();
      const model = regression();
      const callbacks = toCallback([stopIn(method, 6), recorder]);
      await train(model, { callbacks, epochs: 3, batches: 4 });
      expect(recorder.count('afterRun')).toBe(6);
      expect(model.optimizer.iterations).toBe(6);
      expect(recorder.calls.slice(-2)).toEqual(['afterEpoch', 'end']);
      expect(recorder.session?.globalStep).toBe(6);
    },
  );

  it('requested by the context of an earlier step in afterEpoch begins no further epoch', async () => {
    const recorder = new Recorder();
    let last: SessionRunContext | undefined;
    const hook: SessionRunHook = {
      afterRun: (context) => void (last = context),
      afterEpoch: () => last?.requestStop(),
    };
    await train(regression(), { callbacks: toCallback([hook, recorder]), epochs: 3, batches: 4 });
    expect(recorder.count('afterRun')).toBe(4);
    expect(recorder.count('beforeEpoch')).toBe(1);
    expect(recorder.count('end')).toBe(1);
  });

  it('is told in words where the reason is an error', async () => {
    const recorder = new Recorder();
    const reason = new Error('out of patience') as unknown as string;
    await train(regression(), { callbacks: toCallback([stopIn('afterRun', 1, reason), recorder]) });
    expect(recorder.session?.stopReason).toBe('out of patience');
  });

  it('requested when the run is over does not end the next one', async () => {
    let last: SessionRunContext | undefined;
    const model = regression();
    const keeping: SessionRunHook = { afterRun: (context) => void (last = context) };
    await train(model, { callbacks: toCallback(keeping), epochs: 1, batches: 4 });
    const recorder = new Recorder();
    const late: SessionRunHook = { afterCreateSession: () => last?.requestStop() };
    const stopping: SessionRunHook = { afterRun: () => last?.requestStop() };
    const callbacks = toCallback([late, stopping, recorder]);
    await train(model, { callbacks, epochs: 1, batches: 4 });
    expect(recorder.count('afterRun')).toBe(4);
  });

  it('ends at the first and at the last batch of an epoch', async () => {
    for (const lastStep of [1, 4, 5, 8]) {
      const recorder = new Recorder();
      const callbacks = toCallback([new StopAtStepHook({ lastStep }), recorder]);
      await train(regression(), { callbacks, epochs: 3, batches: 4 });
      expect([recorder.count('afterRun'), recorder.count('end')]).toEqual([lastStep, 1]);
    }
  });

  it('is visible to the other hooks, with its reason', async () => {
    const seen: boolean[] = [];
    const hook: SessionRunHook = { afterRun: (context) => void seen.push(context.stopRequested) };
    const recorder = new Recorder();
    const first = stopIn('afterRun', 2, 'enough');
    const second = stopIn('afterRun', 2, 'too late');
    await train(regression(), { callbacks: toCallback([first, hook, second, recorder]) });
    expect(seen).toEqual([false, true]);
    expect(recorder.session?.stopReason).toBe('enough');
  });

  it('of an earlier fit does not stop the next', async () => {
    const model = regression();
    const stop = stopIn('afterRun', 1);
    const recorder = new Recorder();
    await train(model, { callbacks: toCallback(stop) });
    expect(model.stopTraining).toBe(true);
    await train(model, { callbacks: toCallback([stop, recorder]) });
    expect(recorder.count('afterRun')).toBe(4);
  });

  it('by a signal that was aborted before ends training after one step', async () => {
    const recorder = new Recorder();
    const callbacks = toCallback(recorder, { signal: AbortSignal.abort('no time') });
    await train(regression(), { callbacks, epochs: 3 });
    expect(recorder.count('afterRun')).toBe(1);
    expect(recorder.count('end')).toBe(1);
    expect(recorder.session?.stopReason).toBe('no time');
  });

  it.each(['beforeRun', 'afterRun'] as const)(
    'by a signal that is aborted in %s ends training after that step',
    async (method) => {
      const controller = new AbortController();
      let calls = 0;
      const hook: SessionRunHook = {
        [method]: () => {
          calls += 1;
          if (calls === 3) {
            controller.abort(new Error('out of patience'));
          }
        },
      };
      const recorder = new Recorder();
      const callbacks = toCallback([hook, recorder], { signal: controller.signal });
      await train(regression(), { callbacks, epochs: 3 });
      expect(recorder.count('afterRun')).toBe(3);
      expect(recorder.count('end')).toBe(1);
      expect(recorder.session?.stopReason).toBe('out of patience');
    },
  );

  it('by a signal that another callback aborts behind a step runs no further step', async () => {
    const controller = new AbortController();
    const other = new tf.CustomCallback({
      onBatchEnd: (batch) => {
        if (batch === 1) {
          controller.abort();
        }
      },
    });
    const recorder = new Recorder();
    const callbacks = [toCallback(recorder, { signal: controller.signal }), other];
    await train(regression(), { callbacks, epochs: 3 });
    expect(recorder.count('afterRun')).toBe(2);
    expect(recorder.count('end')).toBe(1);
  });

  it('by a signal that another callback aborts behind an epoch begins no further epoch', async () => {
    const controller = new AbortController();
    const other = new tf.CustomCallback({ onEpochEnd: () => controller.abort() });
    const recorder = new Recorder();
    const callbacks = [toCallback(recorder, { signal: controller.signal }), other];
    await train(regression(), { callbacks, epochs: 3 });
    expect(recorder.count('afterRun')).toBe(4);
    expect(recorder.count('beforeEpoch')).toBe(1);
  });

  it('leaves no listener at the signal', async () => {
    const { signal } = new AbortController();
    const waiter = new GlobalStepWaiterHook({ waitUntilStep: 0 });
    await train(regression(), { callbacks: toCallback([new Recorder(), waiter], { signal }) });
    const error = new Error('no');
    const failing = toCallback(new Recorder('afterRun', error), { signal });
    await expect(train(regression(), { callbacks: failing })).rejects.toBe(error);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it("by a signal ends a hook's wait at once", async () => {
    const controller = new AbortController();
    const never = new Promise<void>(() => {});
    const clock = {
      now: () => 0,
      sleep: () => {
        controller.abort();
        return never;
      },
    };
    const recorder = new Recorder();
    const waiter = new GlobalStepWaiterHook({ waitUntilStep: 1000 });
    const { signal } = controller;
    const callbacks = toCallback([waiter, recorder], { signal, clock, logger: lineLogger() });
    await train(regression(), { callbacks, epochs: 2 });
    expect(recorder.count('end')).toBe(1);
    expect(recorder.count('afterRun')).toBeLessThanOrEqual(1);
  });
});

describe('a stop', () => {
  it('in fitDataset with batchesPerEpoch ends after that step', async () => {
    const recorder = new Recorder();
    const callbacks = toCallback([new StopAtStepHook({ lastStep: 3 }), recorder]);
    await regression().fitDataset(dataset(2).repeat(), {
      epochs: 3,
      batchesPerEpoch: 2,
      callbacks,
    });
    expect(recorder.count('afterRun')).toBe(3);
  });

  it('of a model given as an option stops the fit of its inner model', async () => {
    const model = regression();
    const recorder = new Recorder();
    const callbacks = toCallback([new StopAtStepHook({ lastStep: 2 }), recorder], { model });
    await fit(model, { callbacks });
    expect(recorder.count('afterRun')).toBe(2);
    expect(recorder.session?.model).toBe(model);
  });

  it('by a signal does not touch the model once the fit is over', async () => {
    const controller = new AbortController();
    const model = regression();
    const failing = new tf.CustomCallback({
      onBatchEnd: () => {
        throw new Error('other');
      },
    });
    const callbacks = [toCallback(new Recorder(), { signal: controller.signal }), failing];
    await expect(fit(model, { callbacks })).rejects.toThrow('other');
    controller.abort();
    expect(model.stopTraining).toBe(false);
  });

  it('in a loop of its own keeps the reason of a signal', async () => {
    const controller = new AbortController();
    const session = new MonitoredSession({ hooks: [], signal: controller.signal });
    await session.begin();
    await session.run(() => {
      controller.abort();
      return 1;
    });
    expect(session.shouldStop).toBe(true);
    expect(session.session.stopReason).toBe('This operation was aborted');
    await session.close();
  });
});

describe('a run without a step', () => {
  const signal = AbortSignal.abort('SIGTERM');

  it.each<[string, (hooks: readonly SessionRunHook[]) => Promise<unknown>]>([
    [
      'a fit that was over already',
      (hooks) => fit(regression(), { callbacks: toCallback(hooks), epochs: 3, initialEpoch: 3 }),
    ],
    ['an evaluate', (hooks) => evaluate(regression(), dataset(2), { hooks, signal })],
    [
      'a loop of its own',
      async (hooks) => {
        const session = new MonitoredSession({ hooks, signal });
        await session.begin();
        expect(session.shouldStop).toBe(true);
        await session.close();
      },
    ],
  ])('ends in order: %s', async (_name, train) => {
    const recorder = new Recorder();
    const final = new FinalOpsHook({ finalOps: 'loss' });
    const logging = new LoggingTensorHook({ tensors: ['loss'], everyNIter: 1, atEnd: true });
    await train([final, logging, recorder]);
    expect(recorder.calls).toEqual(['begin', 'afterCreateSession', 'end']);
    expect(final.finalOpsValues).toBeNull();
  });
});
