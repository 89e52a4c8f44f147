import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';

import { SecondOrStepTimer } from '../lib/index.js';
import type { SecondOrStepTimerOptions } from '../lib/index.js';
import { NEVER } from '../lib/timer.js';
import { ManualClock } from './support/fake-session.js';
import {
  itRefuses,
  notOptions,
  notPositiveIntegers,
  notSeconds,
  wrong,
} from './support/rejected-options.js';

/** Steps that go up by these amounts, and which of them triggered. */
function triggered(
  timer: SecondOrStepTimer,
  moves: readonly number[],
  before: (at: number) => void = () => {},
): { readonly steps: readonly number[]; readonly hits: readonly number[] } {
  const steps: number[] = [];
  const hits: number[] = [];
  let step = 0;
  moves.forEach((by, at) => {
    before(at);
    step += by;
    steps.push(step);
    if (timer.shouldTriggerForStep(step)) {
      timer.updateLastTriggeredStep(step);
      hits.push(step);
    }
  });
  return { steps, hits };
}

const positive = fc.integer({ min: 1, max: 50 });
const moves = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 60 });

describe('SecondOrStepTimer', () => {
  it('triggers at the first step, whatever it is', () => {
    for (const step of [0, 1, 7, 1000]) {
      expect(new SecondOrStepTimer({ everySteps: 100 }).shouldTriggerForStep(step)).toBe(true);
    }
  });

  it('triggers every so many steps', () => {
    const timer = new SecondOrStepTimer({ everySteps: 3 });
    timer.updateLastTriggeredStep(1);
    const should = [1, 2, 3, 4, 5].map((step) => timer.shouldTriggerForStep(step));
    expect(should).toEqual([false, false, false, true, true]);
  });

  it('triggers every so many seconds, and a step only once', () => {
    const clock = new ManualClock(1484695987.25);
    const timer = new SecondOrStepTimer({ everySecs: 1, clock });
    expect(timer.shouldTriggerForStep(1)).toBe(true);
    timer.updateLastTriggeredStep(1);
    expect([1, 2].map((step) => timer.shouldTriggerForStep(step))).toEqual([false, false]);
    clock.advance(1);
    expect([1, 2].map((step) => timer.shouldTriggerForStep(step))).toEqual([false, true]);
  });

  it('triggers at every further step where everySecs is 0', () => {
    const timer = new SecondOrStepTimer({ everySecs: 0, clock: new ManualClock(0) });
    expect(triggered(timer, [0, 1, 1, 0, 1]).hits).toEqual([0, 1, 2, 3]);
  });

  it('says how long ago and how many steps ago the last trigger was', () => {
    const clock = new ManualClock(0);
    const timer = new SecondOrStepTimer({ everySteps: 1, clock });
    expect(timer.updateLastTriggeredStep(1)).toEqual([null, null]);
    clock.advance(2.5);
    expect(timer.updateLastTriggeredStep(5)).toEqual([2.5, 4]);
    clock.advance(0.5);
    expect(timer.updateLastTriggeredStep(7)).toEqual([0.5, 2]);
  });

  it('knows the step of the last trigger', () => {
    const timer = new SecondOrStepTimer({ everySteps: 5 });
    expect(timer.lastTriggeredStep()).toBeNull();
    timer.updateLastTriggeredStep(0);
    expect(timer.lastTriggeredStep()).toBe(0);
    expect(timer.shouldTriggerForStep(0)).toBe(false);
  });

  it('forgets the last trigger at a reset', () => {
    const timer = new SecondOrStepTimer({ everySteps: 5 });
    timer.updateLastTriggeredStep(3);
    timer.reset();
    expect(timer.lastTriggeredStep()).toBeNull();
    expect(timer.shouldTriggerForStep(3)).toBe(true);
    expect(timer.updateLastTriggeredStep(3)).toEqual([null, null]);
  });

  it('goes by wall time where no clock is given', () => {
    const timer = new SecondOrStepTimer({ everySecs: 3600 });
    const before = Date.now();
    timer.updateLastTriggeredStep(1);
    expect(timer.shouldTriggerForStep(2)).toBe(false);
    const [elapsedSecs] = timer.updateLastTriggeredStep(2);
    expect(elapsedSecs).toBeGreaterThanOrEqual(0);
    expect(elapsedSecs).toBeLessThanOrEqual((Date.now() - before) / 1000);
  });

  it('takes a clock that has now() and nothing else', () => {
    const clock = { now: () => 0 };
    const timer = new SecondOrStepTimer({ everySecs: 0, clock });
    expect(timer.updateLastTriggeredStep(1)).toEqual([null, null]);
  });

  const exactlyOne =
    "SecondOrStepTimer: exactly one of 'everySecs' and 'everySteps' must be given, but got";

  itRefuses(
    (options: SecondOrStepTimerOptions) => new SecondOrStepTimer(options),
    [
      [undefined, `${exactlyOne} neither.`],
      [{}, `${exactlyOne} neither.`],
      [{ everySecs: 2, everySteps: 10 }, `${exactlyOne} both.`],
    ],
    wrong('SecondOrStepTimer', 'everySteps', 'a positive integer', notPositiveIntegers),
    wrong('SecondOrStepTimer', 'everySecs', 'a non-negative number of seconds', notSeconds),
    wrong(
      'SecondOrStepTimer',
      'clock',
      'an object with now()',
      [
        [{ now: 5 }, 'an object of class Object'],
        [() => 5, 'a function'],
      ],
      { everySecs: 1 },
    ),
    notOptions('SecondOrStepTimer', 'everySecs, everySteps, clock'),
  );
});

describe('SecondOrStepTimer, of any steps,', () => {
  it('triggers at a step if and only if everySteps have passed since the last trigger', () => {
    fc.assert(
      fc.property(positive, moves, (everySteps, moves) => {
        const { steps, hits } = triggered(new SecondOrStepTimer({ everySteps }), moves);
        let last: number | undefined;
        const expected = steps.filter((step) => {
          const hit = last === undefined || step >= last + everySteps;
          last = hit ? step : last;
          return hit;
        });
        expect(hits).toEqual(expected);
      }),
    );
  });

  it('lets everySecs pass between two triggers, and no whole interval without one', () => {
    // Eighths of a second: sums of them are exact.
    const eighths = fc.array(fc.nat({ max: 40 }), { minLength: 60, maxLength: 60 });
    fc.assert(
      fc.property(positive, moves, eighths, (interval, moves, eighths) => {
        const clock = new ManualClock(0);
        const timer = new SecondOrStepTimer({ everySecs: interval / 8, clock });
        const times = new Map<number, number>();
        const { steps, hits } = triggered(timer, moves, (at) => {
          clock.advance((eighths[at] ?? 0) / 8);
          times.set(at, clock.now());
        });
        let last: { time: number; step: number } | undefined;
        const expected = steps.filter((step, at) => {
          const time = times.get(at) ?? 0;
          const hit =
            last === undefined || (step !== last.step && time >= last.time + interval / 8);
          last = hit ? { time, step } : last;
          return hit;
        });
        expect(hits).toEqual(expected);
      }),
    );
  });

  it('is not changed by being asked', () => {
    fc.assert(
      fc.property(positive, moves, fc.array(fc.nat()), (everySteps, moves, asked) => {
        const quiet = triggered(new SecondOrStepTimer({ everySteps }), moves);
        const timer = new SecondOrStepTimer({ everySteps });
        const noisy = triggered(timer, moves, () => {
          asked.forEach((step) => timer.shouldTriggerForStep(step));
        });
        expect(noisy).toEqual(quiet);
      }),
    );
  });

  it('gives steps and seconds that add up to those between the first and the last trigger', () => {
    fc.assert(
      fc.property(fc.array(positive, { minLength: 2 }), (moves) => {
        const clock = new ManualClock(0);
        const timer = new SecondOrStepTimer({ everySteps: 1, clock });
        let step = 0;
        let secs = 0;
        let steps = 0;
        moves.forEach((by) => {
          clock.advance(by / 8);
          step += by;
          const [elapsedSecs, elapsedSteps] = timer.updateLastTriggeredStep(step);
          secs += elapsedSecs ?? 0;
          steps += elapsedSteps ?? 0;
        });
        expect([secs, steps]).toEqual([(step - moves[0]!) / 8, step - moves[0]!]);
      }),
    );
  });

  it('begins anew at a reset', () => {
    fc.assert(
      fc.property(positive, moves, moves, (everySteps, before, after) => {
        const used = new SecondOrStepTimer({ everySteps });
        triggered(used, before);
        used.reset();
        const fresh = triggered(new SecondOrStepTimer({ everySteps }), after);
        expect(triggered(used, after)).toEqual(fresh);
      }),
    );
  });
});

describe('a timer that never triggers', () => {
  it('does so at no step, and knows of no trigger', () => {
    NEVER.reset();
    expect(NEVER.updateLastTriggeredStep(1)).toEqual([null, null]);
    expect([NEVER.shouldTriggerForStep(2), NEVER.lastTriggeredStep()]).toEqual([false, null]);
  });
});
