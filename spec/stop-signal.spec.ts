import { getEventListeners } from 'node:events';

import { describe, expect, it } from '@jest/globals';

import { interruptible, textOf } from '../lib/stop-signal.js';
import { ManualClock } from './support/fake-session.js';
import { rejectionOf } from './support/recorder.js';

describe('the text of a reason', () => {
  it.each<[unknown, string | undefined]>([
    ['enough', 'enough'],
    [new Error('out of time'), 'out of time'],
    [{ message: 'from elsewhere' }, 'from elsewhere'],
    [{ message: 5 }, 'an object of class Object'],
    [5, '5'],
    [null, 'null'],
  ])('that was aborted with %p is %p', (reason, expected) => {
    expect(textOf(AbortSignal.abort(reason).reason)).toBe(expected);
  });

  it('that was aborted without one is what the platform says', () => {
    expect(textOf(AbortSignal.abort().reason)).toBe('This operation was aborted');
  });

  it('that has none is undefined', () => {
    expect(textOf(undefined)).toBe(undefined);
  });
});

describe('an interruptible clock', () => {
  it('is the clock itself where there is no signal', () => {
    const clock = new ManualClock(5);
    expect(interruptible(clock, undefined)).toBe(clock);
  });

  it('tells the same time, and sleeps as long', async () => {
    const clock = new ManualClock(5);
    const { signal } = new AbortController();
    const own = interruptible(clock, signal);
    await own.sleep(2);
    expect([own.now(), clock.now()]).toEqual([7, 7]);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('wakes when the signal is aborted, however long it would sleep', async () => {
    const controller = new AbortController();
    const clock = { now: () => 0, sleep: () => new Promise<void>(() => {}) };
    const slept = interruptible(clock, controller.signal).sleep(1e9);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
    controller.abort();
    await slept;
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  it('does not sleep where the signal was aborted before', async () => {
    const clock = new ManualClock(5);
    await interruptible(clock, AbortSignal.abort()).sleep(10);
    expect(clock.now()).toBe(5);
  });

  it('hands on what goes wrong in the sleep', async () => {
    const error = new Error('no');
    const clock = { now: () => 0, sleep: () => Promise.reject(error) };
    const { signal } = new AbortController();
    expect(await rejectionOf(interruptible(clock, signal).sleep(1))).toBe(error);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('calls the clock on itself', async () => {
    class Own {
      #now = 1;

      now(): number {
        return this.#now;
      }

      async sleep(seconds: number): Promise<void> {
        this.#now += seconds;
      }
    }
    const { now, sleep } = interruptible(new Own(), new AbortController().signal);
    await sleep(2);
    expect(now()).toBe(3);
  });
});
