import { describe, expect, it } from '@jest/globals';

import { HookedSession } from '../lib/index.js';
import type { SessionRunHook } from '../lib/index.js';
import { FakeHost, run } from './support/fake-session.js';
import { LIFECYCLE, Recorder, rejectionOf } from './support/recorder.js';
import type { Method } from './support/recorder.js';

const error = new Error('no');
const throwing = LIFECYCLE.filter((method) => method !== 'abort');
const epochs = { epochSize: 2 };

/** The same as a recorder that throws, by a promise. */
function rejecting(failing: Method): Recorder {
  const recorder = new Recorder();
  return Object.assign(recorder, {
    [failing]: async () => {
      recorder.calls.push(failing);
      await Promise.resolve();
      throw error;
    },
  });
}

describe('an error', () => {
  it.each(throwing)('thrown in %s reaches the caller unchanged', async (method) => {
    for (const thrown of [error, 'a string', undefined]) {
      expect(await rejectionOf(run(new Recorder(method, thrown), 3, epochs))).toBe(thrown);
    }
    expect(await rejectionOf(run(rejecting(method), 3, epochs))).toBe(error);
  });

  it.each(throwing.filter((method) => method !== 'end' && method !== 'begin'))(
    'thrown in %s aborts every hook once, and nothing else is called',
    async (method) => {
      const make = [() => new Recorder(method, error), () => rejecting(method)];
      for (const failing of make.map((one) => one())) {
        const hooks = [new Recorder(), failing, new Recorder()];
        await rejectionOf(run(hooks, 3, epochs));
        for (const hook of hooks) {
          expect([hook.count('abort'), hook.calls.at(-1)]).toEqual([1, 'abort']);
          expect(hook.errors).toEqual([error]);
        }
        expect(failing.calls.slice(-2)).toEqual([method, 'abort']);
      }
    },
  );

  it.each([[['loss']], ['loss'], [1]])(
    'names the hook whose beforeRun gives %j instead of an object with fetches',
    async (args) => {
      const hook = { beforeRun: () => args } as unknown as SessionRunHook;
      const thrown = await rejectionOf(run(hook, 1));
      expect(String(thrown)).toMatch(/^ValueError: Object: beforeRun must give an object with/);
    },
  );

  it('thrown in begin aborts those hooks alone whose begin was called', async () => {
    const hooks = [new Recorder(), new Recorder('begin', error), new Recorder()];
    await rejectionOf(run(hooks, 3));
    expect(hooks.map(({ calls }) => calls)).toEqual([['begin', 'abort'], ['begin', 'abort'], []]);
  });

  it('thrown in end aborts those hooks alone whose end was not called', async () => {
    const hooks = [new Recorder(), new Recorder('end', error), new Recorder()];
    await rejectionOf(run(hooks, 1));
    expect(hooks.map(({ calls }) => calls.slice(-2))).toEqual([
      ['afterRun', 'end'],
      ['afterRun', 'end'],
      ['afterRun', 'abort'],
    ]);
  });

  it('of the step aborts every hook, and no afterRun is called', async () => {
    const hooks = [new Recorder(), new Recorder()];
    const step = (i: number): void => {
      if (i === 1) {
        throw error;
      }
    };
    expect(await rejectionOf(run(hooks, 3, { step }))).toBe(error);
    for (const hook of hooks) {
      expect(hook.calls.slice(-2)).toEqual(['beforeRun', 'abort']);
      expect([hook.count('afterRun'), hook.count('abort')]).toEqual([1, 1]);
    }
  });

  it('of a fetch, now or later, and of the counter, aborts every hook', async () => {
    const fail = (): never => {
      throw error;
    };
    for (const fetches of [fail, () => Promise.reject(error)]) {
      const recorder = new Recorder();
      const hook: SessionRunHook = { beforeRun: () => ({ fetches }) };
      expect(await rejectionOf(run([hook, recorder], 1))).toBe(error);
      expect(recorder.calls.slice(-2)).toEqual(['beforeRun', 'abort']);
    }
    for (const increment of [fail, () => Promise.reject(error)]) {
      const recorder = new Recorder();
      const globalStep = { name: 'step', value: 0, increment };
      expect(await rejectionOf(run(recorder, 1, { globalStep }))).toBe(error);
      expect(recorder.calls.slice(-2)).toEqual(['beforeRun', 'abort']);
    }
  });

  it('of a restore aborts every hook', async () => {
    const recorder = new Recorder();
    const failing = run(recorder, 1, { restore: () => Promise.reject(error) });
    expect(await rejectionOf(failing)).toBe(error);
    expect(recorder.calls).toEqual(['begin', 'abort']);
  });

  it('in abort is swallowed: the first error is the one to report', async () => {
    const hooks = [new Recorder('abort', new Error('second')), rejecting('abort'), new Recorder()];
    expect(await rejectionOf(run([...hooks, new Recorder('afterRun', error)], 1))).toBe(error);
    expect(hooks.map((hook) => hook.count('abort'))).toEqual([1, 1, 1]);
  });
});

describe('abort', () => {
  it('is done once, with the first error, however often it is asked for', async () => {
    const recorder = new Recorder();
    const host = new FakeHost();
    const hooked = new HookedSession([recorder], host);
    await hooked.begin();
    await Promise.all([hooked.abort(error), hooked.abort(new Error('second'))]);
    await hooked.abort(new Error('third'));
    expect(recorder.errors).toEqual([error]);
    expect([hooked.over, hooked.alive, host.closed]).toEqual([true, false, 1]);
  });

  it('is not done behind an end', async () => {
    const recorder = new Recorder();
    const host = new FakeHost();
    const hooked = new HookedSession([recorder], host);
    await hooked.begin();
    await hooked.end();
    await hooked.abort(error);
    expect(recorder.calls).toEqual(['begin', 'afterCreateSession', 'end']);
    expect([hooked.over, host.closed]).toEqual([true, 1]);
  });

  it('while hooks begin keeps those behind from beginning', async () => {
    const last = new Recorder();
    const host = new FakeHost();
    const aborting: SessionRunHook & { aborts: number } = {
      aborts: 0,
      begin: () => hooked.abort(error),
      abort: () => void (aborting.aborts += 1),
    };
    const hooked = new HookedSession([aborting, last], host);
    expect(await rejectionOf(hooked.begin())).toBe(error);
    expect([aborting.aborts, last.calls, host.closed]).toEqual([1, [], 1]);
  });

  it('within the methods of an epoch keeps the hooks behind from being called', async () => {
    for (const method of ['beforeEpoch', 'afterEpoch'] as const) {
      const last = new Recorder();
      const abort = (): Promise<void> => hooked.abort(error);
      const hooked = new HookedSession([{ [method]: abort }, last], new FakeHost());
      await hooked.begin();
      const act =
        method === 'beforeEpoch'
          ? hooked.beforeEpoch(0)
          : hooked.afterEpoch(0, async () => ({ loss: 1 }));
      expect(await rejectionOf(act)).toBe(error);
      expect(last.calls).toEqual(['begin', 'afterCreateSession', 'abort']);
    }
  });

  it('while a run begins, restores or ends makes it fail', async () => {
    for (const method of ['restore', 'afterCreateSession', 'end'] as const) {
      const abort = (): Promise<void> => hooked.abort(error);
      const hook = new Recorder();
      const restore = method === 'restore' ? { restore: abort } : {};
      const host = new FakeHost(restore);
      const hooked = new HookedSession([hook, { [method]: abort }], host);
      const whole = async (): Promise<void> => {
        await hooked.begin();
        await hooked.end();
      };
      expect(await rejectionOf(whole())).toBe(error);
      const last = { restore: 'begin', afterCreateSession: 'afterCreateSession', end: 'end' };
      const aborted = method === 'end' ? [] : ['abort'];
      expect(hook.calls.slice(hook.calls.indexOf(last[method] as Method))).toEqual([
        last[method],
        ...aborted,
      ]);
    }
  });

  it('within a step keeps the hooks behind from being called', async () => {
    for (const method of ['beforeRun', 'afterRun'] as const) {
      const last = new Recorder();
      const host = new FakeHost();
      const hooked = new HookedSession([{ [method]: () => hooked.abort(error) }, last], host);
      await hooked.begin();
      const step = async (): Promise<void> => {
        await hooked.beforeStep();
        await hooked.afterStep();
      };
      expect(await rejectionOf(step())).toBe(error);
      expect([last.count(method), last.calls.at(-1)]).toEqual([0, 'abort']);
    }
  });

  it('is followed by nothing: a driver that goes on is told so', async () => {
    const recorder = new Recorder();
    const hooked = new HookedSession([recorder], new FakeHost());
    await hooked.begin();
    await hooked.abort(error);
    for (const act of [
      async () => hooked.beforeStep(),
      async () => hooked.afterStep(),
      () => hooked.beforeEpoch(0),
      () => hooked.afterEpoch(0, () => ({})),
      () => hooked.end(),
    ]) {
      await expect(act()).rejects.toThrow('This run is over, but its driver goes on');
    }
    expect(recorder.calls).toEqual(['begin', 'afterCreateSession', 'abort']);
  });

  it('comes where a step begins in another', async () => {
    const recorder = new Recorder();
    const hooked = new HookedSession([recorder], new FakeHost());
    await hooked.begin();
    await hooked.beforeStep();
    await expect(hooked.beforeStep()).rejects.toThrow(
      'A step begins before the one before it is over.',
    );
    expect(recorder.count('abort')).toBe(1);
  });
});

describe('hooks', () => {
  it('serve one run after another, also behind one that failed', async () => {
    const recorder = new Recorder();
    const failing = [recorder, new Recorder('afterRun', error)];
    await run(recorder, 1);
    await rejectionOf(run(failing, 1));
    await rejectionOf(run(failing, 1));
    await run(recorder, 1);
    expect([recorder.count('end'), recorder.count('abort')]).toEqual([2, 2]);
  });

  it('in two runs at once are an error of the second, which names the hook', async () => {
    const shared = new (class SharedHook extends Recorder {})();
    const other = new Recorder();
    const first = new HookedSession([shared], new FakeHost());
    await first.begin();
    await expect(run([other, shared], 1)).rejects.toThrow(
      'SharedHook takes part in another run: a hook serves one run after another, not two at once.',
    );
    expect([shared.calls, other.calls]).toEqual([['begin', 'afterCreateSession'], []]);
    await first.beforeStep();
    await first.afterStep();
    await first.end();
    expect(shared.calls.slice(-1)).toEqual(['end']);
    await run([other, shared], 1);
    expect(other.count('end')).toBe(1);
  });

  it('of a run that is over without having said so get abort when they are used next', async () => {
    const recorder = new Recorder();
    const host = new FakeHost();
    const silent = new HookedSession([recorder], host);
    await silent.begin();
    host.alive = false;
    await run(recorder, 1);
    expect(recorder.calls.slice(0, 4)).toEqual(['begin', 'afterCreateSession', 'abort', 'begin']);
    expect(recorder.errors).toEqual([
      new Error('Training ended without telling its callbacks so: it failed.'),
    ]);
    expect(host.closed).toBe(1);
    expect(recorder.count('end')).toBe(1);
  });
});
