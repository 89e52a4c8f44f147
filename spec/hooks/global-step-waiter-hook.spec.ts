import { describe, expect, it } from '@jest/globals';
import { GlobalStepWaiterHook } from 'tfjs-hooks';
import type { GlobalStepLike } from 'tfjs-hooks';

import { ManualClock, run } from '../support/fake-session.js';
import type { Ran } from '../support/fake-session.js';
import { itRefuses, notIntegers, notOptions, wrong } from '../support/rejected-options.js';

/** A counter that others move. */
class SharedStep implements GlobalStepLike {
  readonly name = 'global_step';
  step = 0;

  get value(): Promise<number> {
    return Promise.resolve(this.step);
  }

  async increment(by: number = 1): Promise<number> {
    this.step += by;
    return this.step;
  }
}

interface Waited extends Ran {
  readonly sleeps: readonly number[];
}

/** A run of two steps in which others move the counter: to the next of the values in each sleep. */
async function wait(
  hook: GlobalStepWaiterHook,
  values: readonly number[],
  globalStep: SharedStep = new SharedStep(),
): Promise<Waited> {
  const sleeps: number[] = [];
  const clock = new ManualClock(0, (seconds, i) => {
    sleeps.push(seconds);
    globalStep.step = values[i] ?? globalStep.step;
  });
  return { ...(await run(hook, 2, { clock, globalStep })), sleeps };
}

const line = (step: number): string => `Waiting for global step ${step} before starting training.`;

describe('GlobalStepWaiterHook', () => {
  it.each([0, -1, -1000])('does not wait for step %i', async (waitUntilStep) => {
    const { sleeps, lines, steps, host } = await wait(
      new GlobalStepWaiterHook({ waitUntilStep }),
      [],
    );
    expect([sleeps, lines, steps]).toEqual([[], [], 2]);
    expect(host.reads).toEqual([]);
  });

  it('waits until the global step is there, and looks twice a second', async () => {
    const hook = new GlobalStepWaiterHook({ waitUntilStep: 1000 });
    const { sleeps, host, session } = await wait(hook, [500, 1100]);
    expect(sleeps).toEqual([0.5, 0.5]);
    expect(host.logger.entries).toEqual([['info', line(1000)]]);
    expect(session.globalStep).toBe(1102);
  });

  it('does not wait where the global step is there, but says so', async () => {
    const globalStep = new SharedStep();
    globalStep.step = 5;
    const { sleeps, lines } = await wait(
      new GlobalStepWaiterHook({ waitUntilStep: 5 }),
      [],
      globalStep,
    );
    expect([sleeps, lines]).toEqual([[], [line(5)]]);
  });

  it('says where the global step is whenever it is a thousand further', async () => {
    const hook = new GlobalStepWaiterHook({ waitUntilStep: 5000 });
    const { lines, sleeps } = await wait(hook, [1000, 1001, 2001, 2002, 2003, 4999, 5000]);
    expect(sleeps).toHaveLength(7);
    expect(lines).toEqual([
      line(5000),
      `${line(5000)} Current step is 1001.`,
      `${line(5000)} Current step is 2002.`,
      `${line(5000)} Current step is 4999.`,
    ]);
  });

  it('waits before the first step alone', async () => {
    const globalStep = new SharedStep();
    const clock = new ManualClock(0, () => void (globalStep.step = 3));
    const hook = new GlobalStepWaiterHook({ waitUntilStep: 3 });
    const { lines } = await run(hook, 3, {
      clock,
      globalStep,
      step: () => void (globalStep.step = 0),
    });
    expect(lines).toEqual([line(3)]);
  });

  it('waits on though another hook has asked to stop', async () => {
    const globalStep = new SharedStep();
    const clock = new ManualClock(0, (_, i) => void (globalStep.step = i));
    const stop = { beforeRun: (context: { requestStop(): void }) => context.requestStop() };
    const hook = new GlobalStepWaiterHook({ waitUntilStep: 3 });
    const { steps } = await run([stop, hook], 3, { clock, globalStep });
    expect([steps, globalStep.step]).toEqual([1, 4]);
  });

  it('ends its wait at once when the signal is aborted', async () => {
    const controller = new AbortController();
    const clock = new ManualClock(0);
    clock.sleep = () => {
      controller.abort('enough');
      return new Promise(() => {});
    };
    const hook = new GlobalStepWaiterHook({ waitUntilStep: 3 });
    const { steps, session } = await run(hook, 3, { clock, signal: controller.signal });
    expect([steps, session.stopReason]).toEqual([1, 'enough']);
  });

  it('asks for no step where the signal is aborted already', async () => {
    const controller = new AbortController();
    const abort = { beforeRun: () => controller.abort() };
    const clock = new ManualClock(0);
    const hook = new GlobalStepWaiterHook({ waitUntilStep: 3 });
    const { steps, host } = await run([abort, hook], 3, {
      clock,
      signal: controller.signal,
      secsPerStep: 0,
    });
    expect([steps, host.reads, clock.now()]).toEqual([1, [], 0]);
  });

  it('serves a second run, and waits anew', async () => {
    const hook = new GlobalStepWaiterHook({ waitUntilStep: 2 });
    for (let i = 0; i < 2; i++) {
      const { sleeps, lines } = await wait(hook, [1, 2]);
      expect([sleeps, lines]).toEqual([[0.5, 0.5], [line(2)]]);
    }
  });

  itRefuses(
    (options) => new GlobalStepWaiterHook(options),
    [undefined, {}, { waitUntilStep: null }].map((options) => [
      options,
      "GlobalStepWaiterHook: 'waitUntilStep' must be given.",
    ]),
    wrong('GlobalStepWaiterHook', 'waitUntilStep', 'an integer', notIntegers),
    notOptions('GlobalStepWaiterHook', 'waitUntilStep'),
  );
});
