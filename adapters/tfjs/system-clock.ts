import type { Clock } from '../../lib/index.js';

/** Seconds that never go back, anchored to wall time when the program started. */
export const systemClock: Clock = {
  now: () => (performance.timeOrigin + performance.now()) / 1000,
  sleep: (seconds) =>
    new Promise((resolve) => {
      setTimeout(resolve, seconds * 1000);
    }),
};
