import { describe, expect, it } from '@jest/globals';

import { GlobalStep, HookedSession } from '../lib/index.js';
import type { Fetches, Session, SessionRunContext, SessionRunHook } from '../lib/index.js';
import { FakeHost, FakeTensor, floats, run } from './support/fake-session.js';
import { LIFECYCLE, Recorder } from './support/recorder.js';
import { times } from './support/times.js';

/** A hook that notes its calls under a name in a list that it shares. */
function named(name: string, calls: string[]): SessionRunHook {
  const note = (method: string) => (): void => void calls.push(`${name} ${method}`);
  return Object.fromEntries(LIFECYCLE.map((method) => [method, note(method)]));
}

/** A hook that fetches in every step, and keeps the results. */
function fetching(fetches: Fetches | undefined): SessionRunHook & { readonly results: unknown[] } {
  const results: unknown[] = [];
  return {
    results,
    beforeRun: () => ({ fetches }),
    afterRun: (_context, values) => void results.push(values.results),
  };
}

describe('HookedSession', () => {
  it('calls its hooks in the given order, in end too', async () => {
    const calls: string[] = [];
    await run([named('a', calls), named('b', calls)], 3, { epochSize: 2 });
    const both = (method: string): string[] => [`a ${method}`, `b ${method}`];
    const step = [...both('beforeRun'), ...both('afterRun')];
    expect(calls).toEqual([
      ...both('begin'),
      ...both('afterCreateSession'),
      ...both('beforeEpoch'),
      ...step,
      ...step,
      ...both('afterEpoch'),
      ...both('beforeEpoch'),
      ...step,
      ...both('afterEpoch'),
      ...both('end'),
    ]);
  });

  it('takes a plain object with any of the methods, and without any', async () => {
    let ended = 0;
    const { steps } = await run([{}, { end: () => void (ended += 1) }], 2, { epochSize: 1 });
    expect([steps, ended]).toEqual([2, 1]);
  });

  it('calls methods on their hook', async () => {
    class Counting implements SessionRunHook {
      #count = 0;

      afterRun(): void {
        this.#count += 1;
      }

      get count(): number {
        return this.#count;
      }
    }
    const hook = new Counting();
    await run(hook, 3);
    expect(hook.count).toBe(3);
  });

  it('waits for a hook before it calls the next', async () => {
    const calls: string[] = [];
    const later = (name: string): SessionRunHook => {
      const note = (method: string) => async (): Promise<void> => {
        await Promise.resolve();
        calls.push(`${name} ${method}`);
      };
      return Object.fromEntries(LIFECYCLE.map((method) => [method, note(method)]));
    };
    await run([later('a'), named('b', calls), later('c')], 1);
    expect(calls).toEqual(
      ['begin', 'afterCreateSession', 'beforeRun', 'afterRun', 'end'].flatMap((method) =>
        ['a', 'b', 'c'].map((name) => `${name} ${method}`),
      ),
    );
  });

  it('restores between begin and afterCreateSession, and sees the step that was restored', async () => {
    const globalStep = new GlobalStep(3);
    const seen: unknown[] = [];
    const note = (session: Session): void => void seen.push(session.globalStep);
    await run({ begin: note, afterCreateSession: note }, 0, {
      globalStep,
      restore: async () => {
        seen.push('restore');
        globalStep.restore(50);
      },
    });
    expect(seen).toEqual([3, 'restore', 50]);
  });

  it('gives a session that says what the host says', async () => {
    const host = new FakeHost({ globalStep: new GlobalStep(5, 'my_step') });
    const { session } = await run({}, 2, { host, epochSize: 1 });
    expect(session).toMatchObject({ globalStep: 7, globalStepName: 'my_step', epoch: 1 });
    expect([session.clock, session.logger]).toEqual([host.clock, host.logger]);
    expect([session.params, session.model, session.stopReason]).toEqual(times(3, undefined));
  });

  it('counts each step before afterRun, by a counter that may answer later', async () => {
    let step = 10;
    const globalStep = {
      name: 'shared',
      get value() {
        return Promise.resolve(step);
      },
      increment: async () => (step += 2),
    };
    const seen: number[] = [];
    const note = ({ session }: SessionRunContext): void => void seen.push(session.globalStep);
    const hook = fetching('shared');
    await run([{ beforeRun: note, afterRun: note }, hook], 2, { globalStep });
    expect(seen).toEqual([10, 12, 12, 14]);
    expect(hook.results).toEqual([12, 14]);
  });
});

describe('fetches of a step', () => {
  it('are read once, however many hooks ask', async () => {
    const fetch = (): number => 7;
    const tensor = new FakeTensor(floats([1, 2]));
    const hooks = [
      fetching(['loss', fetch]),
      fetching({ a: 'loss', b: [fetch, tensor] }),
      fetching('loss'),
      fetching(tensor),
    ];
    const { host } = await run(hooks, 2);
    expect(host.reads).toEqual(times(2, ['loss', fetch, tensor]));
    expect(hooks.map(({ results }) => results[1])).toEqual([
      [0.5, 7],
      { a: 0.5, b: [7, [1, 2]] },
      0.5,
      [1, 2],
    ]);
  });

  it('are not read where no hook asks, and results are undefined', async () => {
    const hooks = [fetching(undefined), { ...fetching('loss'), beforeRun: () => {} }];
    const { host } = await run(hooks, 2);
    expect(host.reads).toEqual([]);
    expect(hooks[0]?.results).toEqual([undefined, undefined]);
  });

  it("are not read for the global step's name, which is that step's number", async () => {
    const hook = fetching(['global_step', { at: 'global_step' }]);
    const { host } = await run(hook, 2, { globalStep: 5 });
    expect(host.reads).toEqual([]);
    expect(hook.results).toEqual([
      [6, { at: 6 }],
      [7, { at: 7 }],
    ]);
  });

  it('may be others in every step', async () => {
    const seen: unknown[] = [];
    const hook: SessionRunHook = {
      beforeRun: ({ session }) => [{ fetches: 'loss' }, undefined][session.globalStep % 2],
      afterRun: (_context, { results }) => void seen.push(results),
    };
    const { host } = await run(hook, 3);
    expect(seen).toEqual([0.5, undefined, 0.5]);
    expect(host.reads).toHaveLength(2);
  });

  it('may be asked for, and read, later', async () => {
    const hook = fetching('loss');
    const asking: SessionRunHook = { ...hook, beforeRun: async () => ({ fetches: 'loss' }) };
    await run([asking], [{ loss: 3 }, { loss: 2 }], { readsLater: true });
    expect(hook.results).toEqual([3, 2]);
  });

  it('that are none are an error that names the hook', async () => {
    class WrongHook extends Recorder {
      override beforeRun(): never {
        return { fetches: 5 } as never;
      }
    }
    await expect(run(new WrongHook(), 1)).rejects.toThrow(/^WrongHook: cannot fetch 5: a fetch is/);
  });
});

describe('a step without asynchronous work', () => {
  it('awaits nothing', async () => {
    const host = new FakeHost();
    const hooks = [new Recorder(), fetching('loss'), fetching(['global_step', () => 1])];
    const hooked = new HookedSession(hooks, host);
    await hooked.begin();
    for (let i = 0; i < 3; i++) {
      expect(hooked.beforeStep()).toBeUndefined();
      host.enterStep({ loss: i });
      expect(hooked.afterStep()).toBeUndefined();
    }
    await hooked.end();
    expect(hooks[1]).toMatchObject({ results: [0, 1, 2] });
  });

  it('is waited for as soon as one thing in it takes time', async () => {
    const host = new FakeHost({ readsLater: true });
    const hook = fetching('loss');
    const hooked = new HookedSession([hook], host);
    await hooked.begin();
    expect(hooked.beforeStep()).toBeUndefined();
    host.enterStep({ loss: 1 });
    const done = hooked.afterStep();
    expect(hook.results).toEqual([]);
    await done;
    expect(hook.results).toEqual([1]);
    await hooked.end();
  });
});

describe('session.run', () => {
  it('reads now, in the structure of its fetches', async () => {
    const seen: unknown[] = [];
    const read = async (session: Session): Promise<void> => {
      seen.push(await session.run({ a: ['loss', 'loss'], step: 'global_step' }));
    };
    const { host } = await run({ afterRun: ({ session }) => read(session), end: read }, 1);
    expect(seen).toEqual(times(2, { a: [0.5, 0.5], step: 1 }));
    expect(host.reads).toEqual([['loss'], ['loss']]);
  });

  it('reads the global step anew, which others may have moved', async () => {
    const globalStep = new GlobalStep();
    const seen: unknown[] = [];
    await run(
      {
        end: async (session) => {
          globalStep.increment(5);
          seen.push(session.globalStep, await session.run('global_step'));
        },
      },
      2,
      { globalStep },
    );
    expect(seen).toEqual([2, 7]);
  });

  it('hands the feed dictionary on', async () => {
    const x = new FakeTensor(floats([1, 2]));
    const { session, host } = await run({}, 1);
    const symbol = { sourceLayer: {}, name: 'x' };
    expect(await session.run(symbol, { x })).toEqual([1, 2]);
    expect(host.feeds).toEqual([{ x }]);
  });

  it('refuses an unknown name, and what is no fetch', async () => {
    const { session } = await run({}, 1);
    await expect(session.run('lss')).rejects.toThrow(
      "No value named 'lss' in this step. There are: loss, global_step.",
    );
    for (const wrong of [undefined, null, 5]) {
      await expect(session.run(wrong as never)).rejects.toThrow(
        `session.run: cannot fetch ${wrong}: a fetch is a name`,
      );
    }
  });
});

describe('the numbers of an epoch', () => {
  it('are read where a hook wants them, and given to all', async () => {
    const seen: unknown[] = [];
    const hook: SessionRunHook = { afterEpoch: (_, epoch, logs) => void seen.push([epoch, logs]) };
    await run([hook, {}, hook], 2, { epochSize: 1, epochs: [{ loss: 2 }, { loss: 1 }] });
    expect(seen).toEqual([...times(2, [0, { loss: 2 }]), ...times(2, [1, { loss: 1 }])]);
  });

  it('are not read where no hook has afterEpoch', async () => {
    const hooked = new HookedSession([{}], new FakeHost());
    await hooked.begin();
    await hooked.afterEpoch(0, () => {
      throw new Error('Nobody asked.');
    });
    await hooked.end();
  });
});
