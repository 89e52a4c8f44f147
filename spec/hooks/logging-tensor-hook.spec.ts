import { describe, expect, it } from '@jest/globals';
import { LoggingTensorHook } from 'tfjs-hooks';
import type { Fetch } from 'tfjs-hooks';

import { FakeTensor, floats, run } from '../support/fake-session.js';
import type { Ran } from '../support/fake-session.js';
import {
  itRefuses,
  notBooleans,
  notOptions,
  notPositiveIntegers,
  notSeconds,
  wrong,
} from '../support/rejected-options.js';
import { times } from '../support/times.js';

const always = { everyNIter: 1 };
const others = { tensors: ['loss'] };
const intervals =
  "LoggingTensorHook: either 'atEnd' or exactly one of 'everyNIter' and 'everyNSecs' must be given";

/** The first line of a run of one step. */
async function lineOf(tensors: readonly Fetch[] | Record<string, Fetch>): Promise<unknown> {
  const hook = new LoggingTensorHook({ tensors, ...always });
  return (await run(hook, [{ loss: 0.5, acc: 0.25 }])).lines[0];
}

describe('LoggingTensorHook', () => {
  it('logs every everyNIter steps, the first included', async () => {
    const hook = new LoggingTensorHook({ tensors: ['loss'], everyNIter: 10 });
    const at: number[] = [];
    const { host, lines } = await run(hook, 32, {
      step: (i, { lines }) => void (lines.length > at.length && at.push(i)),
    });
    // A line is seen in the step behind the one that logged it.
    expect(at).toEqual([1, 11, 21, 31]);
    expect(lines).toEqual(['loss = 0.5', ...times(3, 'loss = 0.5 (10.000 sec)')]);
    expect(host.logger.entries.every(([level]) => level === 'info')).toBe(true);
  });

  it('logs every everyNSecs seconds, at the first step too', async () => {
    const hook = new LoggingTensorHook({ tensors: ['loss'], everyNSecs: 1 });
    const { lines } = await run(hook, 5, { secsPerStep: 0, secsBetween: 0.5 });
    expect(lines).toEqual(['loss = 0.5', 'loss = 0.5 (1.000 sec)', 'loss = 0.5 (1.000 sec)']);
  });

  it('decides before a step whether it is time', async () => {
    const hook = new LoggingTensorHook({ tensors: ['loss'], everyNSecs: 1 });
    const { lines } = await run(hook, 5, { secsPerStep: 0.5 });
    expect(lines).toEqual(['loss = 0.5', 'loss = 0.5 (1.500 sec)']);
  });

  it('logs every step where everyNSecs is 0', async () => {
    const hook = new LoggingTensorHook({ tensors: ['loss'], everyNSecs: 0 });
    expect((await run(hook, 3, { secsPerStep: 0 })).lines).toHaveLength(3);
  });

  it('logs no time in the first line', async () => {
    expect(await lineOf({ foo: 'loss' })).toBe('foo = 0.5');
  });

  it('logs at the end alone', async () => {
    const hook = new LoggingTensorHook({ tensors: ['loss'], atEnd: true });
    const seen: number[] = [];
    const { lines } = await run(hook, [{ loss: 3 }, { loss: 2 }], {
      step: (_, { lines }) => void seen.push(lines.length),
    });
    expect(seen).toEqual([0, 0]);
    expect(lines).toEqual(['loss = 2.0']);
  });

  it('logs at the end too, with the time since the line before', async () => {
    const tensors = ['loss'];
    for (const [interval, last] of [
      [{ everyNIter: 2 }, 'loss = 0.5 (1.000 sec)'],
      [{ everyNSecs: 1 }, 'loss = 0.5 (1.000 sec)'],
      [{ everyNIter: 3 }, 'loss = 0.5 (0.000 sec)'],
    ] as const) {
      const { lines } = await run(new LoggingTensorHook({ tensors, atEnd: true, ...interval }), 4);
      expect([lines.length, lines[0], lines.at(-1)]).toEqual([3, 'loss = 0.5', last]);
    }
  });

  it('gives a formatter a record in the order of the user, though lines are sorted', async () => {
    const tensors = { b: 'loss', a: 'global_step' };
    const formatter = (values: object): string => Object.keys(values).join();
    const formatted = new LoggingTensorHook({ tensors, everyNIter: 1, formatter });
    expect((await run(formatted, 1)).lines).toEqual(['b,a']);
    expect((await run(new LoggingTensorHook({ tensors, everyNIter: 1 }), 1)).lines).toEqual([
      'a = 1, b = 0.5',
    ]);
  });

  it('logs no metric at the end of a run that made no step', async () => {
    const hook = new LoggingTensorHook({ tensors: ['loss', 'global_step'], atEnd: true });
    expect((await run(hook, 0)).lines).toEqual(['global_step = 0']);
    const alone = new LoggingTensorHook({ tensors: ['loss'], everyNIter: 2, atEnd: true });
    expect((await run(alone, 0)).lines).toEqual([]);
  });

  it('does not log at the end unless told so', async () => {
    for (const atEnd of [false, undefined]) {
      const hook = new LoggingTensorHook({ tensors: ['loss'], everyNIter: 5, atEnd });
      expect((await run(hook, 3)).lines).toHaveLength(1);
    }
  });

  it('counts the steps of the run, wherever the global step stands', async () => {
    const hook = new LoggingTensorHook({ tensors: ['global_step'], everyNIter: 2 });
    const { lines } = await run(hook, 4, { globalStep: 1000, increment: 3 });
    expect(lines).toEqual(['global_step = 1003', 'global_step = 1009 (2.000 sec)']);
  });

  it('logs an array in its order, a record in the order of its tags as Python sorts', async () => {
    expect(await lineOf(['loss', 'acc', 'loss'])).toBe('loss = 0.5, acc = 0.25, loss = 0.5');
    expect(await lineOf({ aa: 'acc', a: 'loss' })).toBe('a = 0.5, aa = 0.25');
    expect(await lineOf({ a: 'loss', aa: 'acc' })).toBe('a = 0.5, aa = 0.25');
    const record = { b: 'loss', '😀': 'loss', '\uffee': 'loss', a: 'acc', Z: 'acc', aa: 'acc' };
    expect(await lineOf(record)).toBe(
      'Z = 0.25, a = 0.25, aa = 0.25, b = 0.5, \uffee = 0.5, 😀 = 0.5',
    );
  });

  it('calls a fetch without a tag by its name, or else by its place', async () => {
    const twice = (): number => 2;
    const tensors = [twice, () => 3, new FakeTensor(floats([1], []), 'var'), 'loss'];
    expect(await lineOf(tensors)).toBe('twice = 2, 1 = 3, var = 1.0, loss = 0.5');
  });

  it('shows arrays as NumPy prints them, and elapsed time with three decimals', async () => {
    const hook = new LoggingTensorHook({ tensors: ['w'], everyNIter: 1 });
    const weights = { w: floats([1, 2.5, 1e-9, 10], [2, 2]) };
    const { lines } = await run(hook, 2, { weights, secsPerStep: 0.0625 });
    expect(lines).toEqual(['w = [[1. 2.5] [0. 10.]]', 'w = [[1. 2.5] [0. 10.]] (0.062 sec)']);
  });

  it('logs what a formatter makes of the values by tag, and no time', async () => {
    const seen: unknown[] = [];
    const formatter = (values: Record<string, unknown>): string => {
      seen.push(values);
      return `qqq=${String(values['l'])}`;
    };
    const tensors = { l: 'loss', w: 'w' };
    const hook = new LoggingTensorHook({ tensors, everyNIter: 1, atEnd: true, formatter });
    const weights = { w: floats([1, 2, 3, 4], [2, 2]) };
    const { lines } = await run(hook, 2, { weights });
    expect(lines).toEqual(['qqq=0.5', 'qqq=0.5', 'qqq=0.5']);
    expect(seen).toEqual(
      times(3, {
        l: 0.5,
        w: [
          [1, 2],
          [3, 4],
        ],
      }),
    );
  });

  it('reads what it logs in the steps in which it logs, and at no other time', async () => {
    const hook = new LoggingTensorHook({ tensors: ['loss', 'acc', 'loss'], everyNIter: 3 });
    const { host } = await run(hook, times(6, { loss: 1, acc: 1 }));
    expect(host.reads).toEqual(times(2, ['loss', 'acc']));
  });

  it('throws on an unknown name in the first step that asks for it', async () => {
    const hook = new LoggingTensorHook({ tensors: ['lss'], everyNIter: 1 });
    await expect(run(hook, 1)).rejects.toThrow(
      "No value named 'lss' in this step. There are: loss, global_step.",
    );
  });

  it('logs nothing when training failed', async () => {
    const hook = new LoggingTensorHook({ tensors: ['loss'], atEnd: true });
    const logged: (readonly string[])[] = [];
    const failing = run(hook, 2, {
      step: (i, { lines }) => {
        logged.push(lines);
        if (i === 1) {
          throw new Error('no');
        }
      },
    });
    await expect(failing).rejects.toThrow('no');
    expect(logged.at(-1)).toEqual([]);
  });

  it('serves a second run, whose first line has no time', async () => {
    const hook = new LoggingTensorHook({ tensors: ['loss'], everyNIter: 2 });
    for (let i = 0; i < 2; i++) {
      expect((await run(hook, 3)).lines).toEqual(['loss = 0.5', 'loss = 0.5 (2.000 sec)']);
    }
  });

  it('does not see later changes of its options', async () => {
    const tensors = ['loss'];
    const hook = new LoggingTensorHook({ tensors, ...always });
    tensors[0] = 'lss';
    expect((await run(hook, 1)).lines).toEqual(['loss = 0.5']);
  });

  itRefuses(
    (options) => new LoggingTensorHook(options),
    [
      [{ tensors: ['loss'] }, `${intervals}, but got none.`],
      [{ tensors: ['loss'], atEnd: false }, `${intervals}, but got none.`],
      [{ ...others, everyNIter: 5, everyNSecs: 5 }, `${intervals}, but got both intervals.`],
      [
        { ...others, everyNIter: 5, everyNSecs: 5, atEnd: true },
        `${intervals}, but got both intervals.`,
      ],
      [always, "LoggingTensorHook: 'tensors' must be given."],
      [
        { ...always, tensors: 'loss' },
        `LoggingTensorHook: 'tensors' must be an array or a record of fetches, but got "loss".`,
      ],
      [
        { ...always, tensors: new FakeTensor(floats([1])) },
        "LoggingTensorHook: 'tensors' must be an array or a record of fetches, but got an " +
          'object of class FakeTensor.',
      ],
      [
        { ...always, tensors: ['loss', 5] },
        "LoggingTensorHook: 'tensors' must hold fetches, but '1' is 5.",
      ],
      [
        { ...always, tensors: { a: ['loss'] } },
        "LoggingTensorHook: 'tensors' must hold fetches, but 'a' is an array of length 1.",
      ],
    ],
    wrong('LoggingTensorHook', 'everyNIter', 'a positive integer', notPositiveIntegers, others),
    wrong(
      'LoggingTensorHook',
      'everyNSecs',
      'a non-negative number of seconds',
      notSeconds,
      others,
    ),
    wrong('LoggingTensorHook', 'atEnd', 'a boolean', notBooleans, others),
    wrong(
      'LoggingTensorHook',
      'formatter',
      'a function',
      [
        ['%s', '"%s"'],
        [5, '5'],
      ],
      { ...others, ...always },
    ),
    notOptions('LoggingTensorHook', 'tensors, everyNIter, everyNSecs, atEnd, formatter'),
  );
});

describe('LoggingTensorHook, of a metric that only epochs have,', () => {
  const epochs = [{ val_loss: 0.25 }, { val_loss: 0.125 }];

  /** Two epochs of two steps. */
  function runEpochs(hook: LoggingTensorHook, options: object = {}): Promise<Ran> {
    return run(hook, 4, { epochSize: 2, epochs, epochMetrics: ['val_loss'], ...options });
  }

  it('logs a line of its own behind each epoch, which moves no timer', async () => {
    const hook = new LoggingTensorHook({ tensors: ['loss', 'val_loss'], everyNIter: 3 });
    expect((await runEpochs(hook)).lines).toEqual([
      'loss = 0.5',
      'val_loss = 0.25',
      'loss = 0.5 (3.000 sec)',
      'val_loss = 0.125',
    ]);
  });

  it('logs the line where there is nothing of steps to log', async () => {
    const hook = new LoggingTensorHook({ tensors: { v: 'val_loss' }, everyNSecs: 1 });
    const { lines, host } = await runEpochs(hook);
    expect(lines).toEqual(['v = 0.25', 'v = 0.125']);
    expect(host.reads).toEqual([['val_loss'], ['val_loss']]);
  });

  it("logs the last epoch's at the end, at their places among the others", async () => {
    const tensors = ['val_loss', 'loss'];
    const both = new LoggingTensorHook({ tensors, everyNIter: 10, atEnd: true });
    expect((await runEpochs(both)).lines.at(-1)).toBe('val_loss = 0.125, loss = 0.5 (3.000 sec)');
    const atEnd = new LoggingTensorHook({ tensors, atEnd: true });
    expect((await runEpochs(atEnd)).lines).toEqual(['val_loss = 0.125, loss = 0.5']);
  });

  it('gives the formatter a call of its own for it', async () => {
    const formatter = (values: object): string => JSON.stringify(values);
    const hook = new LoggingTensorHook({ tensors: ['loss', 'val_loss'], everyNIter: 9, formatter });
    expect((await runEpochs(hook)).lines).toEqual([
      '{"loss":0.5}',
      '{"val_loss":0.25}',
      '{"val_loss":0.125}',
    ]);
  });

  it('logs nothing of it behind an epoch that has none', async () => {
    const hook = new LoggingTensorHook({
      tensors: ['loss', 'val_loss'],
      everyNIter: 9,
      atEnd: true,
    });
    const { lines } = await runEpochs(hook, { epochs: [{ val_loss: 0.25 }, {}] });
    expect(lines).toEqual(['loss = 0.5', 'val_loss = 0.25', 'loss = 0.5 (3.000 sec)']);
  });

  it('takes it for an unknown name where no epoch has it', async () => {
    const hook = new LoggingTensorHook({ tensors: ['val_loss'], everyNIter: 1 });
    await expect(runEpochs(hook, { epochs: [], epochMetrics: [] })).rejects.toThrow(
      "No value named 'val_loss' in this step.",
    );
  });
});
