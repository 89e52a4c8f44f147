import { describe, expect, it } from '@jest/globals';
import { StopAfterNEvalsHook } from 'tfjs-hooks';

import { run } from '../support/fake-session.js';
import {
  itRefuses,
  notBooleans,
  notOptions,
  notPositiveIntegers,
  wrong,
} from '../support/rejected-options.js';

describe('StopAfterNEvalsHook', () => {
  it('stops when numEvals batches are evaluated, and logs each', async () => {
    const { steps, host, session } = await run(new StopAfterNEvalsHook({ numEvals: 3 }), 10);
    expect(steps).toBe(3);
    expect(host.logger.entries).toEqual([
      ['info', 'Evaluation [1/3]'],
      ['info', 'Evaluation [2/3]'],
      ['info', 'Evaluation [3/3]'],
    ]);
    expect(session.stopReason).toBe('StopAfterNEvalsHook: 3 batches are evaluated.');
  });

  it('lets the evaluation go on until the data ends where numEvals is null', async () => {
    const { steps, lines } = await run(new StopAfterNEvalsHook({ numEvals: null }), 30);
    expect(steps).toBe(30);
    expect(lines).toEqual(Array.from({ length: 30 }, (_, i) => `Evaluation [${i + 1}]`));
  });

  it('lets an evaluation end whose data is shorter', async () => {
    const { steps, lines } = await run(new StopAfterNEvalsHook({ numEvals: 5 }), 3);
    expect([steps, lines.at(-1)]).toEqual([3, 'Evaluation [3/5]']);
  });

  it('logs each of 19 batches', async () => {
    const { lines } = await run(new StopAfterNEvalsHook({ numEvals: 19 }), 19);
    expect(lines).toHaveLength(19);
  });

  it.each([
    [20, [2, 4, 6, 8, 10, 12, 14, 16, 18, 20]],
    [25, [2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 25]],
    [39, [3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33, 36, 39]],
    [101, [10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 101]],
  ])('logs of %i batches every tenth part, and the last', async (numEvals, expected) => {
    const { lines } = await run(new StopAfterNEvalsHook({ numEvals }), 200);
    expect(lines).toEqual(expected.map((at) => `Evaluation [${at}/${numEvals}]`));
  });

  it('logs nothing where it is told so', async () => {
    const hook = new StopAfterNEvalsHook({ numEvals: 3, logProgress: false });
    const { steps, lines } = await run(hook, 10);
    expect([steps, lines]).toEqual([3, []]);
  });

  it('counts batches, whatever the global step does', async () => {
    for (const increment of [0, 5]) {
      const hook = new StopAfterNEvalsHook({ numEvals: 3 });
      expect((await run(hook, 10, { increment, globalStep: 100 })).steps).toBe(3);
    }
  });

  it('reads nothing', async () => {
    const { host } = await run(new StopAfterNEvalsHook({ numEvals: 3 }), 10);
    expect(host.reads).toEqual([]);
  });

  it('serves a second run, and counts anew', async () => {
    const hook = new StopAfterNEvalsHook({ numEvals: 2 });
    for (let i = 0; i < 2; i++) {
      const { lines } = await run(hook, 10);
      expect(lines).toEqual(['Evaluation [1/2]', 'Evaluation [2/2]']);
    }
  });

  itRefuses(
    (options) => new StopAfterNEvalsHook(options),
    [undefined, {}, { numEvals: undefined }, { logProgress: true }].map((options) => [
      options,
      "StopAfterNEvalsHook: 'numEvals' must be given; null evaluates until the data ends.",
    ]),
    wrong('StopAfterNEvalsHook', 'numEvals', 'a positive integer or null', notPositiveIntegers),
    wrong('StopAfterNEvalsHook', 'logProgress', 'a boolean', notBooleans, { numEvals: 1 }),
    notOptions('StopAfterNEvalsHook', 'numEvals, logProgress'),
  );
});
