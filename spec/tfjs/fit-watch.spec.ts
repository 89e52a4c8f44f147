import { describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { toCallback } from 'tfjs-hooks';
import type { SessionRunHook } from 'tfjs-hooks';

import { Recorder, rejectionOf } from '../support/recorder.js';
import { fit, functional, trainings } from '../support/regression.js';

/** How the model keeps its flag, which fit takes down when it is over. */
function flagOf(model: tf.LayersModel): PropertyDescriptor | undefined {
  return Object.getOwnPropertyDescriptor(model, 'isTraining');
}

const plainFlag = { value: false, writable: true, enumerable: true, configurable: true };

describe.each(trainings)('the watch over $name', ({ train }) => {
  it('leaves the model as it found it', async () => {
    const model = functional();
    expect(flagOf(model)).toEqual(plainFlag);
    await train(model, { callbacks: [toCallback([]), toCallback(new Recorder())] });
    expect(flagOf(model)).toEqual(plainFlag);
    const failing = toCallback(new Recorder('afterRun', new Error('no')));
    await rejectionOf(train(model, { callbacks: failing }));
    expect(flagOf(model)).toEqual(plainFlag);
  });

  it('lets the model say that it trains', async () => {
    const model = functional();
    const seen: unknown[] = [];
    const hook: SessionRunHook = {
      afterRun: () => void seen.push((model as unknown as { isTraining: unknown }).isTraining),
      end: () => void seen.push(Object.keys(model).includes('isTraining')),
    };
    await train(model, { callbacks: toCallback(hook), batches: 1 });
    expect(seen).toEqual([true, true]);
  });

  it('aborts each of several callbacks once', async () => {
    const model = functional();
    const recorders = [new Recorder(), new Recorder()];
    const failing = new tf.CustomCallback({
      onBatchEnd: () => {
        throw new Error('other');
      },
    });
    const callbacks = [...recorders.map((one) => toCallback(one)), failing];
    await rejectionOf(train(model, { callbacks }));
    await fit(model, { callbacks: recorders.map((one) => toCallback(one)) });
    expect(recorders.map((one) => [one.count('abort'), one.count('end')])).toEqual([
      [1, 1],
      [1, 1],
    ]);
  });

  it('tells a hook that the fit failed', async () => {
    const recorder = new Recorder();
    const failing = new tf.CustomCallback({
      onEpochBegin: () => {
        throw new Error('other');
      },
    });
    await rejectionOf(train(functional(), { callbacks: [toCallback(recorder), failing] }));
    await train(functional(), { callbacks: toCallback(recorder) });
    expect(recorder.errors).toEqual([
      expect.objectContaining({ message: expect.stringMatching(/failed/) }),
    ]);
  });
});
