import type { Clock } from './clock.js';
import { describeValue, isObject } from './options.js';

/** An `AbortSignal`, declared structurally: the core knows no host. */
export interface StopSignal {
  readonly aborted: boolean;
  readonly reason?: unknown;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** A reason in words; of an error its message. */
export function textOf(reason: unknown): string | undefined {
  if (reason === undefined) {
    return undefined;
  }
  if (isObject(reason) && typeof reason['message'] === 'string') {
    return reason['message'];
  }
  return typeof reason === 'string' ? reason : describeValue(reason);
}

/** A clock whose `sleep` ends as soon as the signal is aborted. */
export function interruptible(clock: Clock, signal: StopSignal | undefined): Clock {
  if (signal === undefined) {
    return clock;
  }
  return {
    now: () => clock.now(),
    sleep: async (seconds) => {
      if (signal.aborted) {
        return;
      }
      let wake = (): void => {};
      const aborted = new Promise<void>((resolve) => {
        wake = resolve;
      });
      signal.addEventListener('abort', wake);
      try {
        await Promise.race([clock.sleep(seconds), aborted]);
      } finally {
        signal.removeEventListener('abort', wake);
      }
    },
  };
}
