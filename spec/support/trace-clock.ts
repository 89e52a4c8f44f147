import type { Clock } from 'tfjs-hooks';

/** No scenario sleeps as often: a hook that does waits for what never comes. */
const MOST_SLEEPS = 1000;

/** A clock that moves only when told to, and when somebody sleeps by it. */
export class TraceClock implements Clock {
  readonly #onSleep: (seconds: number, sleep: number) => void;
  #now: number;
  #sleeps = 0;

  /** `onSleep` learns of every sleep, numbered from 0 since {@link startRun}. */
  constructor(start: number, onSleep: (seconds: number, sleep: number) => void = () => {}) {
    this.#now = start;
    this.#onSleep = onSleep;
  }

  now(): number {
    return this.#now;
  }

  advance(seconds: number): void {
    this.#now += seconds;
  }

  startRun(): void {
    this.#sleeps = 0;
  }

  async sleep(seconds: number): Promise<void> {
    if (this.#sleeps >= MOST_SLEEPS) {
      throw new Error(`Slept ${MOST_SLEEPS} times in one run.`);
    }
    this.#now += seconds;
    this.#onSleep(seconds, this.#sleeps++);
  }
}
