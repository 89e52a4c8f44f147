import { getEventListeners } from 'node:events';

import { describe, expect, it } from '@jest/globals';

import { HookedSession, requestStop } from '../lib/index.js';
import type { SessionRunHook } from '../lib/index.js';
import { FakeHost, run } from './support/fake-session.js';
import { Recorder } from './support/recorder.js';

/** A hook that asks to stop in a method, at its call of that number. */
function stopIn(method: 'beforeRun' | 'afterRun', call: number, reason?: string): SessionRunHook {
  let calls = 0;
  return {
    [method]: ({ requestStop }: { requestStop(reason?: string): void }) => {
      calls += 1;
      if (calls === call) {
        requestStop(reason);
      }
    },
  };
}

describe('a stop', () => {
  it.each(['beforeRun', 'afterRun'] as const)(
    'requested in %s ends the run behind that step',
    async (method) => {
      const recorder = new Recorder();
      const { steps } = await run([stopIn(method, 3), recorder], 10);
      expect(steps).toBe(3);
      expect([recorder.count('afterRun'), recorder.count('end')]).toEqual([3, 1]);
      expect(recorder.count('abort')).toBe(0);
    },
  );

  it('is seen by the hooks behind the one that asks', async () => {
    const seen: boolean[] = [];
    const hook: SessionRunHook = { afterRun: (context) => void seen.push(context.stopRequested) };
    await run([hook, stopIn('afterRun', 2), hook], 9);
    expect(seen).toEqual([false, false, false, true]);
  });

  it('has the first reason given, though it be not the first to ask', async () => {
    const hooks = ['one', undefined, 'two'].map((reason) => stopIn('afterRun', 1, reason));
    const [one, none, two] = hooks as [SessionRunHook, SessionRunHook, SessionRunHook];
    expect((await run([none, two, one], 9)).session.stopReason).toBe('two');
  });

  it('has no reason where none is given', async () => {
    expect((await run(stopIn('afterRun', 1), 9)).session.stopReason).toBeUndefined();
  });

  it('can be asked for outside a step, by what knows the session', async () => {
    const hook: SessionRunHook = {
      afterEpoch: (session) => requestStop('Hook', session, 'enough'),
    };
    const { steps, session } = await run(hook, 9, { epochSize: 2 });
    expect([steps, session.stopReason]).toEqual([2, 'enough']);
    expect(() => requestStop('Hook', { ...session })).toThrow(
      "Hook: needs the session of one of this package's drivers.",
    );
  });

  it('is told to the host again behind each step and epoch, in case it had no ear', async () => {
    const stops: string[] = [];
    const host = new FakeHost();
    let now = '';
    host.stop = () => void stops.push(now);
    const hooked = new HookedSession([stopIn('beforeRun', 1)], host);
    await hooked.begin();
    now = 'beforeStep';
    await hooked.beforeStep();
    now = 'afterStep';
    await hooked.afterStep();
    now = 'afterEpoch';
    await hooked.afterEpoch(0, () => ({}));
    now = 'beforeEpoch';
    await hooked.beforeEpoch(1);
    expect(stops).toEqual(['beforeStep', 'afterStep', 'afterEpoch', 'beforeEpoch']);
    expect(hooked.stopRequested).toBe(true);
    await hooked.end();
  });

  it('that the host cannot make is heard by the hook that asks', async () => {
    const error = new Error('There is no model.');
    const host = new FakeHost();
    host.stop = () => {
      throw error;
    };
    const recorder = new Recorder();
    await expect(run([recorder, stopIn('afterRun', 1)], 9, { host })).rejects.toBe(error);
    expect(recorder.errors).toEqual([error]);
  });
});

describe('a signal', () => {
  it('that was aborted before stops the run before its first step', async () => {
    const recorder = new Recorder();
    const { steps, session } = await run(recorder, 9, { signal: AbortSignal.abort('no time') });
    expect([steps, session.stopReason]).toEqual([0, 'no time']);
    expect(recorder.calls).toEqual(['begin', 'afterCreateSession', 'end']);
  });

  it('that is aborted in a step stops the run behind it', async () => {
    const controller = new AbortController();
    const recorder = new Recorder();
    const { steps, session } = await run(recorder, 9, {
      signal: controller.signal,
      step: (i) => {
        if (i === 2) {
          controller.abort(new Error('out of patience'));
        }
      },
    });
    expect([steps, session.stopReason]).toEqual([3, 'out of patience']);
    expect(recorder.count('end')).toBe(1);
  });

  it('does not take the place of a reason that was given before', async () => {
    const controller = new AbortController();
    const { session } = await run(stopIn('beforeRun', 1, 'first'), 9, {
      signal: controller.signal,
      step: () => controller.abort('second'),
    });
    expect(session.stopReason).toBe('first');
  });

  it('ends a sleep at once', async () => {
    const controller = new AbortController();
    const host = new FakeHost({ signal: controller.signal });
    host.clock.sleep = () => new Promise(() => {});
    const hook: SessionRunHook = {
      beforeRun: async ({ session }) => {
        const slept = session.clock.sleep(1e9);
        controller.abort();
        await slept;
      },
    };
    expect((await run(hook, 9, { host })).steps).toBe(1);
  });

  it('stops though the host cannot say so yet', async () => {
    const controller = new AbortController();
    const host = new FakeHost({ signal: controller.signal });
    host.stop = () => {
      throw new Error('There is no model.');
    };
    const hooked = new HookedSession([], host);
    await hooked.begin();
    expect(() => controller.abort()).not.toThrow();
    expect(hooked.stopRequested).toBe(true);
    await hooked.abort(undefined);
  });

  it('is left without a listener, at the end and on abort', async () => {
    const { signal } = new AbortController();
    const listeners: number[] = [];
    const note = (): void => void listeners.push(getEventListeners(signal, 'abort').length);
    await run({ beforeRun: note }, 1, { signal });
    note();
    const failing = { beforeRun: note, afterRun: () => Promise.reject(new Error('no')) };
    await expect(run(failing, 1, { signal })).rejects.toThrow('no');
    note();
    expect(listeners).toEqual([1, 0, 1, 0]);
  });

  it('is not heard any more where the host is over', async () => {
    const controller = new AbortController();
    const host = new FakeHost({ signal: controller.signal });
    const hooked = new HookedSession([], host);
    await hooked.begin();
    host.alive = false;
    controller.abort();
    expect(host.stopped).toBe(false);
    await hooked.abort(undefined);
  });
});
