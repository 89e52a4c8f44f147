import { describe, expect, it } from '@jest/globals';
import { systemClock } from '../../adapters/tfjs/system-clock.js';

function timers(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
}

describe('the system clock', () => {
  it('begins at wall time, and tells seconds', () => {
    const before = Date.now() / 1000;
    const now = systemClock(undefined).now();
    expect(Math.abs(now - before)).toBeLessThan(1);
  });

  it('sleeps so many seconds', async () => {
    const clock = systemClock(undefined);
    const start = clock.now();
    await clock.sleep(0.05);
    expect(clock.now() - start).toBeGreaterThanOrEqual(0.049);
  });

  it.each([Infinity, 3e6])('sleeps %p seconds, though timers are shorter', async (seconds) => {
    const controller = new AbortController();
    let isOver = false;
    const sleep = systemClock(controller.signal)
      .sleep(seconds)
      .then(() => {
        isOver = true;
      });
    // A timer that is too long would fire before this one.
    await systemClock(undefined).sleep(0.02);
    expect(isOver).toBe(false);
    controller.abort();
    await sleep;
  });

  it('leaves no timer behind when a signal ends the sleep', async () => {
    const controller = new AbortController();
    const before = timers();
    const sleep = systemClock(controller.signal).sleep(3600);
    expect(timers()).toBe(before + 1);
    controller.abort();
    await sleep;
    expect(timers()).toBe(before);
  });
});
