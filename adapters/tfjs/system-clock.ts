import type { Clock, StopSignal } from '../../lib/index.js';

/** 25 days: a longer timer would fire at once. */
const MAX_TIMEOUT = 2 ** 31 - 1;

/**
 * Seconds that never go back, anchored to wall time when the program started.
 *
 * @param signal - Ends a sleep, so that no timer of it keeps the program alive.
 */
export function systemClock(signal: StopSignal | undefined): Clock {
  return {
    now: () => (performance.timeOrigin + performance.now()) / 1000,
    sleep: (seconds) =>
      new Promise((resolve) => {
        const wake = (): void => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', wake);
          resolve();
        };
        const timer = setTimeout(wake, Math.min(seconds * 1000, MAX_TIMEOUT));
        signal?.addEventListener('abort', wake);
      }),
  };
}
