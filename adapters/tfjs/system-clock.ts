import type { Clock, StopSignal } from '../../lib/index.js';

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
        const timer = setTimeout(wake, seconds * 1000);
        signal?.addEventListener('abort', wake);
      }),
  };
}
