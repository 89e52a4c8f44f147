import { describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';

import { TraceClock } from './trace-clock.js';
import { TraceModel, leakOfThrowing } from './trace-model.js';
import type { StepValues, ThrowPlace } from './trace-model.js';

tf.env().set('IS_TEST', true);

describe('TraceModel', () => {
  it('returns the losses and accs it is told, and moves the clock inside the step', async () => {
    const losses = [0.5, NaN, 0.25, Infinity, -Infinity];
    const accs = [1, 2, NaN, 4, 5];
    const clock = new TraceClock(10);
    const trace = new TraceModel(true);
    const before = tf.memory().numTensors;
    let step = 0;
    trace.script((): StepValues => {
      clock.advance(0.5);
      const values = { loss: losses[step] ?? 0, acc: accs[step] ?? 0 };
      step += 1;
      return values;
    });
    const seen: unknown[] = [];
    await trace.fit(5, {
      onBatchBegin: (batch) => {
        seen.push(['begin', batch, clock.now()]);
      },
      onBatchEnd: (batch, logs) => {
        seen.push(['end', batch, clock.now(), logs?.['loss'], logs?.['acc']]);
      },
    });
    expect(seen).toEqual(
      losses.flatMap((loss, i) => [
        ['begin', i, 10 + i / 2],
        ['end', i, 10.5 + i / 2, loss, accs[i]],
      ]),
    );
    expect(tf.memory().numTensors).toBe(before);
    const weights = trace.model.getWeights().map((weight) => weight.arraySync());
    expect(weights).toEqual([[[0.5], [-0.25]], [0.125]]);
    trace.dispose();
  });

  it('trains no step of none', async () => {
    const trace = new TraceModel(false);
    const called: string[] = [];
    trace.script(() => {
      called.push('step');
      return { loss: 0 };
    });
    await trace.fit(0, {
      onTrainBegin: () => {
        called.push('onTrainBegin');
      },
      onEpochBegin: () => {
        called.push('onEpochBegin');
      },
      onTrainEnd: () => {
        called.push('onTrainEnd');
      },
    });
    expect(called).toEqual(['onTrainBegin', 'onTrainEnd']);
    trace.dispose();
  });

  it('rejects with what a step throws', async () => {
    const trace = new TraceModel(false);
    const error = new Error('boom');
    trace.script(() => {
      throw error;
    });
    await expect(trace.fit(2, undefined)).rejects.toBe(error);
    trace.dispose();
  });

  it('leaves no tensors behind', async () => {
    const before = tf.memory().numTensors;
    const trace = new TraceModel(true);
    await trace.fit(3, undefined);
    trace.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('leakOfThrowing', () => {
  it.each<[ThrowPlace, number]>([
    ['onTrainBegin', 0],
    ['onBatchBegin', 2],
    ['step', 2],
    ['onBatchEnd', 2],
    ['onTrainEnd', 0],
  ])('finds a few tensors for %s', async (place, batch) => {
    const leak = await leakOfThrowing(place, batch, 4, true);
    expect(leak).toBeGreaterThanOrEqual(0);
    expect(leak).toBeLessThan(10);
  });
});
