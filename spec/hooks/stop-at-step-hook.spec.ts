import { describe, expect, it } from '@jest/globals';
import { GlobalStep, StopAtStepHook } from 'tfjs-hooks';

import { run } from '../support/fake-session.js';
import { itRefuses, notOptions, notPositiveIntegers, wrong } from '../support/rejected-options.js';

const exactlyOne = "StopAtStepHook: exactly one of 'numSteps' and 'lastStep' must be given";

describe('StopAtStepHook', () => {
  it('stops after numSteps steps', async () => {
    const { steps, lines } = await run(new StopAtStepHook({ numSteps: 3 }), 10);
    expect(steps).toBe(3);
    expect(lines).toEqual([]);
  });

  it('counts numSteps from where the run begins', async () => {
    const { session } = await run(new StopAtStepHook({ numSteps: 3 }), 10, { globalStep: 100 });
    expect(session.globalStep).toBe(103);
  });

  it('counts numSteps from the step that was restored', async () => {
    const globalStep = new GlobalStep();
    const { steps } = await run(new StopAtStepHook({ numSteps: 3 }), 10, {
      globalStep,
      restore: () => globalStep.restore(50),
    });
    expect([steps, globalStep.value]).toEqual([3, 53]);
  });

  it('stops once the global step reaches lastStep', async () => {
    const { steps, session } = await run(new StopAtStepHook({ lastStep: 8 }), 10, {
      globalStep: 5,
    });
    expect([steps, session.globalStep]).toEqual([3, 8]);
  });

  it.each([8, 9])('still takes one step when it begins at %i and lastStep is 8', async (start) => {
    const { steps } = await run(new StopAtStepHook({ lastStep: 8 }), 10, { globalStep: start });
    expect(steps).toBe(1);
  });

  it('stops where the global step jumps over its target', async () => {
    const { session } = await run(new StopAtStepHook({ numSteps: 10 }), 9, { increment: 4 });
    expect(session.globalStep).toBe(12);
  });

  it('asks to stop again in every step that is still run behind its target', () => {
    const reasons: unknown[] = [];
    const hook = new StopAtStepHook({ lastStep: 2 });
    hook.afterCreateSession({ globalStep: 0 } as never);
    for (const globalStep of [1, 2, 3]) {
      hook.afterRun({
        session: { globalStep },
        requestStop: () => reasons.push(globalStep),
      } as never);
    }
    expect(reasons).toEqual([2, 3]);
  });

  it('says why it stops', async () => {
    const { session } = await run(new StopAtStepHook({ lastStep: 2 }), 5);
    expect(session.stopReason).toBe('StopAtStepHook: step 2 is reached.');
  });

  it('lets a run end that is shorter', async () => {
    const { steps, session } = await run(new StopAtStepHook({ lastStep: 8 }), 4);
    expect([steps, session.stopReason]).toEqual([4, undefined]);
  });

  it('reads nothing', async () => {
    const { host } = await run(new StopAtStepHook({ numSteps: 3 }), 10);
    expect(host.reads).toEqual([]);
  });

  it('serves a second run, in which numSteps counts from there', async () => {
    const globalStep = new GlobalStep();
    const hook = new StopAtStepHook({ numSteps: 3 });
    await run(hook, 10, { globalStep });
    const { steps } = await run(hook, 10, { globalStep });
    expect([steps, globalStep.value]).toEqual([3, 6]);
  });

  it('does not see later changes of its options', async () => {
    const options = { numSteps: 3 };
    const hook = new StopAtStepHook(options);
    options.numSteps = 1;
    expect((await run(hook, 10)).steps).toBe(3);
  });

  it('takes an option that is null or undefined for one that is not given', async () => {
    const hook = new StopAtStepHook({ numSteps: null, lastStep: 2 } as never);
    expect((await run(hook, 10)).steps).toBe(2);
    expect(() => new StopAtStepHook({ numSteps: undefined, lastStep: 2 })).not.toThrow();
  });

  itRefuses(
    (options) => new StopAtStepHook(options),
    [
      [undefined, `${exactlyOne}, but got neither.`],
      [{}, `${exactlyOne}, but got neither.`],
      [{ numSteps: null, lastStep: undefined }, `${exactlyOne}, but got neither.`],
      [{ numSteps: 5, lastStep: 5 }, `${exactlyOne}, but got both.`],
    ],
    wrong('StopAtStepHook', 'numSteps', 'a positive integer', notPositiveIntegers),
    wrong('StopAtStepHook', 'lastStep', 'a positive integer', notPositiveIntegers),
    notOptions('StopAtStepHook', 'numSteps, lastStep'),
  );
});
