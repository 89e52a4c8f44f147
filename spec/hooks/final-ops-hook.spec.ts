import { describe, expect, it } from '@jest/globals';
import { FinalOpsHook } from 'tfjs-hooks';
import type { Fetches } from 'tfjs-hooks';

import { FakeHost, FakeTensor, floats, run } from '../support/fake-session.js';
import { rejectionOf } from '../support/recorder.js';
import { itRefuses, notOptions, wrong } from '../support/rejected-options.js';

/** What a hook with these final ops has at the end of a run. */
async function valuesOf(finalOps: Fetches | null): Promise<unknown> {
  const hook = new FinalOpsHook({ finalOps });
  await run(hook, [{ loss: 3 }, { loss: 2 }]);
  return hook.finalOpsValues;
}

describe('FinalOpsHook', () => {
  it("reads a metric's last value as a number", async () => {
    expect(await valuesOf('loss')).toBe(2);
  });

  it('reads the global step', async () => {
    expect(await valuesOf('global_step')).toBe(2);
  });

  it('reads a tensor as nested arrays', async () => {
    expect(await valuesOf(new FakeTensor(floats([4], [])))).toBe(4);
    expect(await valuesOf(new FakeTensor(floats([1, 6, 3, 5, 2, 4])))).toEqual([1, 6, 3, 5, 2, 4]);
    expect(await valuesOf(new FakeTensor(floats([1, 2, 3, 4], [2, 2])))).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('gives the values in the structure of its fetches', async () => {
    const finalOps = { a: ['loss', { step: 'global_step' }], b: () => 5, c: [], d: {} };
    expect(await valuesOf(finalOps)).toEqual({ a: [2, { step: 2 }], b: 5, c: [], d: {} });
  });

  it('hands its feed dictionary on', async () => {
    const output = { sourceLayer: {}, name: 'x' };
    const finalOpsFeedDict = { x: new FakeTensor(floats([4, -3])) };
    const hook = new FinalOpsHook({ finalOps: output, finalOpsFeedDict });
    const { host } = await run(hook, 1);
    expect(hook.finalOpsValues).toEqual([4, -3]);
    expect(host.feeds).toEqual([finalOpsFeedDict]);
  });

  it('reads once, at the end, and logs nothing', async () => {
    const hook = new FinalOpsHook({ finalOps: { a: 'loss', b: 'loss' } });
    const seen: unknown[] = [];
    const { host, lines } = await run(hook, 3, {
      step: (_, { reads }) => void seen.push(reads.length, hook.finalOpsValues),
    });
    expect(seen).toEqual([0, null, 0, null, 0, null]);
    expect([host.reads, lines]).toEqual([[['loss']], []]);
  });

  it('reads nothing where finalOps is null', async () => {
    const hook = new FinalOpsHook({ finalOps: null });
    const { host } = await run(hook, 1);
    expect([host.reads, hook.finalOpsValues]).toEqual([[], null]);
  });

  it('fails the run with the error of a fetch, and has no values then', async () => {
    const error = new Error('End of sequence');
    const hook = new FinalOpsHook({ finalOps: () => Promise.reject(error) });
    const host = new FakeHost();
    expect(await rejectionOf(run(hook, 1, { host }))).toBe(error);
    expect([hook.finalOpsValues, host.lines]).toEqual([null, []]);
  });

  it('reads nothing of a metric where the run made no step', async () => {
    for (const finalOps of ['loss', ['global_step', { loss: 'loss' }]]) {
      const hook = new FinalOpsHook({ finalOps });
      const { host } = await run(hook, 0);
      expect([host.reads, hook.finalOpsValues]).toEqual([[], null]);
    }
    const hook = new FinalOpsHook({ finalOps: ['global_step', 'kernel', () => 5] });
    await run(hook, 0, { host: new FakeHost({ weights: { kernel: floats([3], []) } }) });
    expect(hook.finalOpsValues).toEqual([0, 3, 5]);
  });

  it('throws on an unknown name', async () => {
    await expect(valuesOf(['lss'])).rejects.toThrow(
      "No value named 'lss' in this step. There are: loss, global_step.",
    );
  });

  it('serves a second run, and forgets the first one as it begins', async () => {
    const hook = new FinalOpsHook({ finalOps: 'loss' });
    await run(hook, [{ loss: 3 }]);
    expect(hook.finalOpsValues).toBe(3);
    const step = (): never => {
      throw new Error('no');
    };
    await expect(run(hook, 1, { step })).rejects.toThrow('no');
    expect(hook.finalOpsValues).toBeNull();
    await run(hook, [{ loss: 2 }]);
    expect(hook.finalOpsValues).toBe(2);
  });

  it('does not see later changes of its options', async () => {
    const finalOps = { a: ['loss'] };
    const hook = new FinalOpsHook<Fetches>({ finalOps });
    finalOps.a.push('lss');
    await run(hook, 1);
    expect(hook.finalOpsValues).toEqual({ a: [0.5] });
  });

  const noFetch =
    'a fetch is a name, a tensor, a variable, a symbolic tensor, a function, or an array or ' +
    'record of these.';

  itRefuses(
    (options) => new FinalOpsHook(options),
    [
      [undefined, "FinalOpsHook: 'finalOps' must be given."],
      [{}, "FinalOpsHook: 'finalOps' must be given."],
      [{ finalOps: undefined }, "FinalOpsHook: 'finalOps' must be given."],
      [{ finalOps: 5 }, `FinalOpsHook: 'finalOps': cannot fetch 5: ${noFetch}`],
      [{ finalOps: ['loss', true] }, `FinalOpsHook: 'finalOps': cannot fetch true: ${noFetch}`],
      [{ finalOps: { a: null } }, `FinalOpsHook: 'finalOps': cannot fetch null: ${noFetch}`],
      [
        { finalOps: new Map() },
        `FinalOpsHook: 'finalOps': cannot fetch an object of class Map: ${noFetch}`,
      ],
    ],
    wrong(
      'FinalOpsHook',
      'finalOpsFeedDict',
      'a record by input name',
      [
        [5, '5'],
        ['x', '"x"'],
      ],
      { finalOps: 'loss' },
    ),
    notOptions('FinalOpsHook', 'finalOps, finalOpsFeedDict'),
  );
});
