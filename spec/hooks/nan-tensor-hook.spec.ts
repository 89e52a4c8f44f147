import { describe, expect, it } from '@jest/globals';
import { NanLossDuringTrainingError, NanTensorHook } from 'tfjs-hooks';

import { FakeHost, FakeTensor, floats, run } from '../support/fake-session.js';
import { Recorder, rejectionOf } from '../support/recorder.js';
import { itRefuses, notBooleans, notOptions, wrong } from '../support/rejected-options.js';

const losses = [0.5, 0.25, Number.NaN, 0.125].map((loss) => ({ loss }));
const line = 'Model diverged with loss = NaN.';

describe('NanTensorHook', () => {
  it('fails when the loss is NaN', async () => {
    const host = new FakeHost();
    const recorder = new Recorder();
    const error = await rejectionOf(run([new NanTensorHook(), recorder], losses, { host }));
    expect(error).toBeInstanceOf(NanLossDuringTrainingError);
    expect(error).toMatchObject({
      name: 'NanLossDuringTrainingError',
      message: 'NaN loss during training.',
    });
    expect(host.logger.entries).toEqual([['error', line]]);
    expect(recorder.count('afterRun')).toBe(2);
    expect(recorder.errors).toEqual([error]);
  });

  it('stops when the loss is NaN, where it is told not to fail', async () => {
    const recorder = new Recorder();
    const hook = new NanTensorHook({ failOnNanLoss: false });
    const { steps, host, session } = await run([hook, recorder], losses);
    expect(steps).toBe(3);
    expect(host.logger.entries).toEqual([['warn', line]]);
    expect(session.stopReason).toBe(line);
    expect(recorder.count('end')).toBe(1);
  });

  it('takes infinity for a number', async () => {
    const { steps, lines } = await run(new NanTensorHook(), [
      { loss: Infinity },
      { loss: -Infinity },
    ]);
    expect([steps, lines]).toEqual([2, []]);
  });

  it('watches what it is told to, of any kind', async () => {
    const names = [{ other: 1 }, { other: Number.NaN }];
    await expect(run(new NanTensorHook({ lossTensor: 'other' }), names)).rejects.toThrow(
      NanLossDuringTrainingError,
    );
    for (const lossTensor of [
      (): number => Number.NaN,
      new FakeTensor(floats([Number.NaN], [])),
      { originalName: 'w', read: () => new FakeTensor(floats([Number.NaN], [])) },
    ]) {
      const hook = new NanTensorHook({ lossTensor, failOnNanLoss: false });
      expect((await run(hook, 3)).steps).toBe(1);
    }
  });

  it('finds a NaN among many numbers', async () => {
    const weights = { 'w/w': floats([1, 2, 3, Number.NaN], [2, 2]), 'v/v': floats([1, 2]) };
    const stops = new NanTensorHook({ lossTensor: 'w/w', failOnNanLoss: false });
    expect((await run(stops, 3, { weights })).steps).toBe(1);
    expect((await run(new NanTensorHook({ lossTensor: 'v/v' }), 3, { weights })).steps).toBe(3);
  });

  it('reads the loss in every step, and nothing else', async () => {
    const { host } = await run(new NanTensorHook(), 3);
    expect(host.reads).toEqual([['loss'], ['loss'], ['loss']]);
  });

  it('throws on an unknown name in the first step', async () => {
    await expect(run(new NanTensorHook(), [{ acc: 1 }])).rejects.toThrow(
      "No value named 'loss' in this step. There are: acc, global_step.",
    );
  });

  it('serves a second run behind one that failed', async () => {
    const hook = new NanTensorHook();
    await rejectionOf(run(hook, losses));
    expect((await run(hook, 3)).steps).toBe(3);
    await expect(run(hook, losses)).rejects.toThrow(NanLossDuringTrainingError);
  });

  itRefuses(
    (options) => new NanTensorHook(options),
    wrong('NanTensorHook', 'lossTensor', 'a fetch', [
      [5, '5'],
      [['loss'], 'an array of length 1'],
      [{ loss: 'loss' }, 'an object of class Object'],
    ]),
    wrong('NanTensorHook', 'failOnNanLoss', 'a boolean', notBooleans),
    notOptions('NanTensorHook', 'lossTensor, failOnNanLoss'),
  );
});

describe('NanLossDuringTrainingError', () => {
  it('is an error with a message that may be another', () => {
    const error = new NanLossDuringTrainingError('diverged');
    expect(error).toBeInstanceOf(Error);
    expect(String(error)).toBe('NanLossDuringTrainingError: diverged');
  });
});
