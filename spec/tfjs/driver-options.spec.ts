import { describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import {
  callbackList,
  evaluate,
  LoggingTensorHook,
  MonitoredSession,
  StepCounterHook,
  summary,
  SummarySaverHook,
  toCallback,
  toHook,
  ValueError,
} from 'tfjs-hooks';
import type { SessionRunHook } from 'tfjs-hooks';

import { lineLogger, Recorder, rejectionOf } from '../support/recorder.js';
import { dataset, fit, regression } from '../support/regression.js';

type Options = Readonly<Record<string, unknown>>;

/** A driver, made or called with hooks and options of any kind. */
interface Driver {
  readonly name: string;
  make(hooks: unknown, options?: Options): unknown;
  /** Runs two steps. */
  run(hooks: readonly SessionRunHook[], options: Options): Promise<unknown>;
}

const drivers: readonly Driver[] = [
  {
    name: 'toCallback',
    make: (hooks, options) => toCallback(hooks as SessionRunHook, options),
    run: (hooks, options) =>
      fit(regression(), { callbacks: toCallback(hooks, options), batches: 2 }),
  },
  {
    name: 'callbackList',
    make: (hooks, options) => callbackList(hooks as SessionRunHook, options),
    run: (hooks, options) =>
      fit(regression(), { callbacks: callbackList(hooks, options), batches: 2 }),
  },
  {
    name: 'MonitoredSession',
    make: (hooks, options) => new MonitoredSession({ ...options, hooks: hooks as SessionRunHook }),
    run: async (hooks, options) => {
      const session = new MonitoredSession({ ...options, hooks });
      await session.begin();
      await session.run(() => 1);
      await session.run(() => 2);
      await session.close();
    },
  },
  {
    name: 'evaluate',
    make: (hooks, options) =>
      evaluate(regression(), dataset(1), { ...options, hooks: hooks as SessionRunHook }),
    run: (hooks, options) => evaluate(regression(), dataset(2), { ...options, hooks }),
  },
];

/** What a driver throws, at once or later. */
async function refusal(make: () => unknown): Promise<unknown> {
  return rejectionOf(Promise.resolve().then(make));
}

describe.each(drivers)('$name', ({ name, make, run }) => {
  it.each<[string, unknown]>([
    ['globalStep', 5],
    ['globalStep', { increment: () => 1, name: 'step' }],
    ['globalStep', { increment: () => 1, value: 1 }],
    ['globalStep', { name: 'step', value: 1 }],
    ['clock', { now: () => 0 }],
    ['clock', () => 0],
    ['logger', { info: () => {} }],
    ['logger', 'console'],
    ['signal', new AbortController()],
    ['signal', true],
    ['restoreFrom', ''],
    ['restoreFrom', 1],
    ['summaryFileWriter', {}],
  ])('refuses a wrong %s: %p', async (option, value) => {
    const error = await refusal(() => make(new Recorder(), { [option]: value }));
    expect(error).toBeInstanceOf(ValueError);
    expect(error).toMatchObject({
      message: expect.stringMatching(new RegExp(`^${name}: '${option}' must be .*, but got`)),
    });
  });

  it('refuses an unknown option, and lists those there are', async () => {
    const error = await refusal(() => make(new Recorder(), { loger: console }));
    expect(error).toBeInstanceOf(ValueError);
    expect(error).toMatchObject({
      message: expect.stringMatching(
        new RegExp(`^${name}: unknown option 'loger'. There are: .*globalStep.*clock, logger`),
      ),
    });
  });

  it('takes options that are undefined as left out', async () => {
    const options = { clock: undefined, logger: undefined, signal: undefined };
    await run([new Recorder()], options);
  });

  it.each([
    ['a number', 1],
    ['a string', 'hook'],
    ['a function', () => {}],
    ['null in an array', [null]],
    ['an array in an array', [[1]]],
    ['a method that is no function', { afterRun: 1 }],
  ])('refuses %s as a hook', async (_name, hooks) => {
    const error = await refusal(() => make(hooks));
    expect(error).toBeInstanceOf(ValueError);
    expect(error).toMatchObject({ message: expect.stringMatching(new RegExp(`^${name}: `)) });
  });

  it('refuses the same hook twice', async () => {
    const hook = new Recorder();
    const error = await refusal(() => make([hook, new Recorder(), hook]));
    expect(error).toBeInstanceOf(ValueError);
    expect(error).toMatchObject({ message: expect.stringMatching(/same hook twice/) });
  });

  it('copies the array of hooks and the options', async () => {
    const [first, second] = [new Recorder(), new Recorder()];
    const hooks: SessionRunHook[] = [first];
    const options: { logger: unknown } = { logger: lineLogger() };
    const hook: SessionRunHook = {
      begin: () => {
        hooks.push(second);
        options.logger = undefined;
      },
      afterRun: ({ session }) => session.logger.info('line'),
    };
    hooks.unshift(hook);
    const { logger } = options as { logger: ReturnType<typeof lineLogger> };
    await run(hooks, options);
    expect(logger.lines).toEqual(['line', 'line']);
    expect(second.calls).toEqual([]);
    expect(first.calls).toContain('end');
  });

  it('gives hooks its clock and logger', async () => {
    let now = 100;
    const clock = { now: () => (now += 1), sleep: () => Promise.resolve() };
    const logger = lineLogger();
    const recorder = new Recorder();
    const logging = new LoggingTensorHook({ tensors: ['loss'], everyNSecs: 0 });
    await run([logging, recorder], { clock, logger });
    expect(logger.lines).toHaveLength(2);
    expect(recorder.session?.logger).toBe(logger);
    expect(recorder.session?.clock.now()).toBe(now);
  });

  it('logs nothing itself', async () => {
    const logger = lineLogger();
    await run([new Recorder()], { logger });
    expect(logger.lines).toEqual([]);
  });

  it('has by default a clock anchored to wall time, that never goes back', async () => {
    const times: number[] = [];
    const hook: SessionRunHook = {
      afterRun: ({ session }) => void times.push(session.clock.now()),
    };
    await run([hook], {});
    expect(Math.abs((times[0] ?? 0) - Date.now() / 1000)).toBeLessThan(60);
    expect(times[1]).toBeGreaterThanOrEqual(times[0] ?? Infinity);
  });

  it('opens the writer of a directory once for a run, and closes it at the end', async () => {
    const events: string[] = [];
    const summaryFileWriter = (dir: string) => {
      events.push(`open ${dir}`);
      return {
        scalar: (tag: string) => void events.push(tag.replace('global_step', 'step')),
        flush: () => void events.push('flush'),
        close: () => void events.push('close'),
      };
    };
    const saver = () =>
      new SummarySaverHook({
        saveSteps: 1,
        outputDir: 'somewhere',
        summaryOp: summary.scalar('loss'),
      });
    const counter = new StepCounterHook({ everyNSteps: 100, outputDir: 'somewhere' });
    await run([saver(), saver(), counter], { summaryFileWriter, logger: lineLogger() });
    expect(events.filter((event) => event.startsWith('open'))).toEqual(['open somewhere']);
    expect(events.filter((event) => event === 'loss')).toHaveLength(4);
    expect(events.filter((event) => event === 'close')).toHaveLength(1);
    expect(events.at(-1)).toBe('close');
  });

  it('closes that writer when a step fails', async () => {
    const error = new Error('no');
    const events: string[] = [];
    const summaryFileWriter = () => ({
      scalar: () => void events.push('scalar'),
      flush: () => void events.push('flush'),
      close: () => void events.push('close'),
    });
    const summaryOp = summary.scalar('loss');
    const saver = new SummarySaverHook({ saveSteps: 1, outputDir: 'somewhere', summaryOp });
    const failing = new Recorder('afterRun', error);
    expect(await rejectionOf(run([saver, failing], { summaryFileWriter }))).toBe(error);
    expect(events).toEqual(['scalar', 'flush', 'close']);
  });
});

describe.each(drivers.filter(({ name }) => name !== 'callbackList'))('$name', ({ name, make }) => {
  it.each([
    ['arguments of a callback', () => ({ onBatchEnd: () => {} })],
    ['a tf.CustomCallback', () => new tf.CustomCallback({})],
    ['a tf.Callback', () => tf.callbacks.earlyStopping()],
    ['a callback of its own', () => toCallback([])],
    ['a mix of both', () => ({ onEpochEnd: () => {}, afterRun: () => {} })],
  ])('refuses %s among the hooks, and points to toHook', async (_name, callback) => {
    const error = await refusal(() => make([new Recorder(), callback()]));
    expect(error).toBeInstanceOf(ValueError);
    expect(error).toMatchObject({
      message: expect.stringMatching(new RegExp(`^${name}: .*toHook\\(\\)`)),
    });
  });

  it('takes what toHook makes', async () => {
    await expect(Promise.resolve(make([toHook({ onBatchEnd: () => {} })]))).resolves.toBeDefined();
  });
});

describe('options of single drivers', () => {
  it.each([0, -1, 'often', Number.NaN, true, {}])(
    'toCallback refuses to yield every %p',
    (value) => {
      expect(() => toCallback([], { yieldEvery: value as number })).toThrow(
        /^toCallback: 'yieldEvery' must be 'auto', 'batch', 'epoch', 'never'/,
      );
    },
  );

  it('toCallback and MonitoredSession refuse what is no model', () => {
    const model = { fit: () => {} } as unknown as tf.LayersModel;
    expect(() => toCallback([], { model })).toThrow(/'model' must be a tf.LayersModel/);
    expect(() => new MonitoredSession({ hooks: [], model })).toThrow(/'model' must be/);
  });

  it('MonitoredSession refuses what is no optimizer and no variables, and wants hooks', () => {
    const wrong = [
      { optimizer: 'sgd' },
      { variables: [1] },
      { variables: tf.scalar(1) },
      { variables: [tf.scalar(1)] },
    ];
    for (const options of wrong) {
      const all = { hooks: [], ...options } as never;
      expect(() => new MonitoredSession(all)).toThrow(/'(optimizer|variables)' must be/);
    }
    expect(() => new MonitoredSession({} as never)).toThrow(/'hooks' must be/);
    expect(() => new MonitoredSession(undefined as never)).toThrow(/'hooks' must be/);
  });

  it('a missing options object is an empty one', async () => {
    await fit(regression(), { callbacks: toCallback([], undefined), batches: 1 });
    await fit(regression(), { callbacks: callbackList([], undefined), batches: 1 });
    await expect(evaluate(regression(), dataset(1), undefined)).resolves.toBeDefined();
  });

  it.each([
    ['a set', new Set([{}]), /an object of class Set has none of their methods/],
    ['options', { hooks: [{}] }, /an object of class Object has none of their methods/],
    ['an object with other methods', { onStep: () => {} }, /has none of their methods/],
  ])('toCallback refuses %s as a hook', (_name, hooks, message) => {
    expect(() => toCallback(hooks as never)).toThrow(message);
    expect(() => toCallback({})).not.toThrow();
  });

  it('toCallback wants hooks', () => {
    expect(() => toCallback(undefined as never)).toThrow(/^toCallback: 'hooks' must be/);
    expect(() => toCallback(null as never)).toThrow(/^toCallback: 'hooks' must be/);
  });
});
