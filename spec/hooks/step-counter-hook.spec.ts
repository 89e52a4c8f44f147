import { describe, expect, it } from '@jest/globals';
import { GlobalStep, StepCounterHook } from 'tfjs-hooks';
import type { GlobalStepLike, SummaryWriter } from 'tfjs-hooks';

import { FakeHost, run } from '../support/fake-session.js';
import { RecordingWriter } from '../support/recording.js';
import {
  itRefuses,
  notNames,
  notOptions,
  notPositiveIntegers,
  notSeconds,
  notWriters,
  wrong,
} from '../support/rejected-options.js';
import { times } from '../support/times.js';

const exactlyOne =
  "StepCounterHook: exactly one of 'everyNSteps' and 'everyNSecs' must be given, but got";

/** A counter that goes through the given values, one a step. */
function counterOf(...values: readonly number[]): GlobalStepLike {
  let at = 0;
  return {
    name: 'global_step',
    get value() {
      return values[at] ?? 0;
    },
    increment: () => values[++at] ?? 0,
  };
}

describe('StepCounterHook', () => {
  it('logs and writes the rate every everyNSteps steps behind the first', async () => {
    const summaryWriter = new RecordingWriter();
    const hook = new StepCounterHook({ everyNSteps: 10, summaryWriter });
    const { host } = await run(hook, 30, { secsPerStep: 0.01 });
    expect(host.logger.entries).toEqual([
      ['info', 'global_step/sec: 100'],
      ['info', 'global_step/sec: 100'],
    ]);
    expect(summaryWriter.scalars.map(([name, , step]) => [name, step])).toEqual([
      ['global_step/sec', 11],
      ['global_step/sec', 21],
    ]);
    for (const [, rate] of summaryWriter.scalars) {
      expect(rate).toBeCloseTo(100);
    }
  });

  it('logs and writes the rate every everyNSecs seconds', async () => {
    const summaryWriter = new RecordingWriter();
    const hook = new StepCounterHook({ everyNSecs: 2, summaryWriter });
    await run(hook, 8, { secsPerStep: 0.75 });
    // At 0.75, 3 and 5.25 seconds.
    expect(summaryWriter.scalars).toEqual([
      ['global_step/sec', 3 / 2.25, 4],
      ['global_step/sec', 3 / 2.25, 7],
    ]);
  });

  it('takes everyNSteps: null beside everyNSecs, as TensorFlow wants it', async () => {
    const hook = new StepCounterHook({ everyNSteps: null, everyNSecs: 0 });
    expect((await run(hook, 3)).lines).toHaveLength(2);
  });

  it('goes by 100 steps unless told otherwise', async () => {
    for (const hook of [new StepCounterHook(), new StepCounterHook({})]) {
      const { lines } = await run(hook, 201);
      expect(lines).toEqual(['global_step/sec: 1', 'global_step/sec: 1']);
      expect((await run(hook, 100)).lines).toEqual([]);
    }
  });

  it('names what it logs and writes by the global step', async () => {
    const summaryWriter = new RecordingWriter();
    const hook = new StepCounterHook({ everyNSteps: 1, summaryWriter });
    const { lines } = await run(hook, 2, { globalStep: new GlobalStep(0, 'bar/foo') });
    expect(lines).toEqual(['bar/foo/sec: 1']);
    expect(summaryWriter.scalars).toEqual([['bar/foo/sec', 1, 2]]);
  });

  it('warns five times, no more, where the global step does not move', async () => {
    const hook = new StepCounterHook({ everyNSteps: 1 });
    const { host } = await run(hook, 30, { globalStep: 7, increment: 0 });
    expect(host.logger.entries).toEqual(
      times(5, [
        'warn',
        'It seems that global step (tf.train.get_global_step) has not been increased. Current ' +
          'value (could be stable): 7 vs previous value: 7. A driver increments the counter of ' +
          "its option 'globalStep' once a step.",
      ]),
    );
  });

  it('warns behind the rate where both are due', async () => {
    const hook = new StepCounterHook({ everyNSteps: 1 });
    const { host } = await run(hook, 2, { globalStep: counterOf(3, 3, 4) });
    expect(host.logger.entries.map(([level]) => level)).toEqual(['info', 'warn']);
  });

  it('does not warn where the global step moves', async () => {
    const { host } = await run(new StepCounterHook({ everyNSteps: 10 }), 30);
    expect(host.logger.entries.filter(([level]) => level === 'warn')).toEqual([]);
  });

  it.each([
    ['less than', 10, 5, [15, 25]],
    ['equal to', 5, 5, [10, 15, 20, 25]],
    ['greater than', 5, 10, [20, 30, 40, 50]],
  ])(
    'counts by a global step that moves by %s everyNSteps a step',
    async (_, everyNSteps, increment, expected) => {
      const summaryWriter = new RecordingWriter();
      await run(new StepCounterHook({ everyNSteps, summaryWriter }), 5, { increment });
      expect(summaryWriter.scalars.map(([, , step]) => step)).toEqual(expected);
      const rates = summaryWriter.scalars.map(([, rate]) => rate);
      expect(rates).toEqual(expected.map(() => increment));
    },
  );

  it('counts from the step that the run begins at', async () => {
    const summaryWriter = new RecordingWriter();
    const hook = new StepCounterHook({ everyNSteps: 2, summaryWriter });
    await run(hook, 5, { globalStep: 1000 });
    expect(summaryWriter.scalars.map(([, , step]) => step)).toEqual([1003, 1005]);
  });

  it('reports nothing for an interval in which no time passed, and begins the next behind it', async () => {
    const hook = new StepCounterHook({ everyNSteps: 1 });
    const times = [0, 0, 3, 0];
    const { lines } = await run(hook, 4, {
      secsPerStep: 0,
      step: (i, { clock }) => clock.advance(times[i] ?? 0),
    });
    expect(lines).toEqual(['global_step/sec: 0.333333']);
  });

  it.each([
    [3, 'global_step/sec: 0.333333'],
    [1 / 1_234_567, 'global_step/sec: 1.23457e+06'],
    [1 / 128, 'global_step/sec: 128'],
    [100_000, 'global_step/sec: 1e-05'],
  ])('shows a step of %d seconds with six digits as %%g does', async (secsPerStep, line) => {
    const host = new FakeHost();
    // From 0, where the clock loses no digits.
    host.clock.advance(-host.clock.now());
    const hook = new StepCounterHook({ everyNSteps: 1 });
    const { lines } = await run(hook, 2, { host, secsPerStep });
    expect(lines).toEqual([line]);
  });

  it('opens a writer of outputDir, which is marked, flushed and closed', async () => {
    const hook = new StepCounterHook({ everyNSteps: 1, outputDir: 'run' });
    const { host } = await run(hook, 2, { globalStep: 40 });
    expect(host.writer('run').calls).toEqual([
      ['start', 41],
      ['scalar', 'global_step/sec', 1, 42],
      ['flush'],
      ['flush'],
      ['close'],
    ]);
  });

  it('opens no directory where a writer is given', async () => {
    const summaryWriter = new RecordingWriter();
    const hook = new StepCounterHook({ everyNSteps: 1, outputDir: 'run', summaryWriter });
    const { host } = await run(hook, 2);
    expect(host.writers.size).toBe(0);
    expect(summaryWriter.scalars).toHaveLength(1);
  });

  it('flushes a writer that was given at the end, and never closes it', async () => {
    const summaryWriter = new RecordingWriter();
    await run(new StepCounterHook({ everyNSteps: 1, summaryWriter }), 3);
    expect(summaryWriter.calls.map(([kind]) => kind)).toEqual(['scalar', 'scalar', 'flush']);
  });

  it('flushes a writer that was given when training fails', async () => {
    const summaryWriter = new RecordingWriter();
    const step = (i: number): void => {
      if (i === 2) {
        throw new Error('no');
      }
    };
    const hook = new StepCounterHook({ everyNSteps: 1, summaryWriter });
    await expect(run(hook, 3, { step })).rejects.toThrow('no');
    expect(summaryWriter.calls.map(([kind]) => kind)).toEqual(['scalar', 'flush']);
  });

  it('reads nothing', async () => {
    const { host } = await run(new StepCounterHook({ everyNSteps: 1 }), 3);
    expect(host.reads).toEqual([]);
  });

  it('serves a second run, which knows nothing of the first', async () => {
    const globalStep = new GlobalStep();
    const hook = new StepCounterHook({ everyNSteps: 2 });
    const first = await run(hook, 3, { globalStep });
    // What lies between two runs is no interval.
    first.host.clock.advance(100);
    const second = await run(hook, 3, { globalStep, clock: first.host.clock });
    expect(second.lines).toEqual(['global_step/sec: 1']);
  });

  it('is not reminded of the first run by a second that begins at the same step', async () => {
    const hook = new StepCounterHook({ everyNSteps: 10 });
    for (let i = 0; i < 2; i++) {
      expect((await run(hook, 1, { globalStep: 5 })).lines).toEqual([]);
    }
  });

  it('waits for its writer', async () => {
    const order: string[] = [];
    const summaryWriter: SummaryWriter = {
      scalar: async () => {
        await Promise.resolve();
        order.push('written');
      },
      flush() {},
    };
    const hook = new StepCounterHook({ everyNSteps: 1, summaryWriter });
    await run([hook, { afterRun: () => void order.push('next') }], 2);
    expect(order).toEqual(['next', 'written', 'next']);
  });

  it('warns anew in a second run', async () => {
    const hook = new StepCounterHook({ everyNSteps: 1 });
    for (let i = 0; i < 2; i++) {
      expect((await run(hook, 30, { increment: 0 })).lines).toHaveLength(5);
    }
  });

  itRefuses(
    (options) => new StepCounterHook(options),
    [
      [{ everyNSteps: 5, everyNSecs: 5 }, `${exactlyOne} both.`],
      [{ everyNSteps: null }, `${exactlyOne} neither.`],
    ],
    wrong('StepCounterHook', 'everyNSteps', 'a positive integer or null', notPositiveIntegers),
    wrong('StepCounterHook', 'everyNSecs', 'a non-negative number of seconds', notSeconds),
    wrong('StepCounterHook', 'outputDir', 'a non-empty string', notNames),
    wrong('StepCounterHook', 'summaryWriter', 'an object with scalar(), flush()', notWriters),
    notOptions('StepCounterHook', 'everyNSteps, everyNSecs, outputDir, summaryWriter'),
  );
});
