/** How often training lets the event loop turn: with `fit`'s meaning. */
export type YieldEvery = 'auto' | 'batch' | 'epoch' | 'never' | number;

declare const setImmediate: ((callback: () => void) => void) | undefined;

const AUTO_MILLISECONDS = 125;

/**
 * How much of a step's time work beside training gets behind the step. A turn of the event loop may
 * be all it needs to go on through the next step; where steps take seconds, it is seldom one.
 */
const MAX_SHARE = 0.01;
const MAX_MILLISECONDS = 5;

/** Work beside training, which gets on when the event loop turns. */
interface BackgroundWork {
  readonly isAttending: boolean;
}

const NONE: BackgroundWork = { isAttending: false };

/**
 * Lets the event loop turn once: timers, signals, input and background work get their turn.
 *
 * tfjs's own `nextFrame` waits for `requestAnimationFrame`, which never comes in a hidden tab, and
 * where neither that nor `setImmediate` exists (in a worker) it does not wait at all.
 */
export function turnEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') {
      setImmediate(resolve);
    } else if (typeof MessageChannel === 'function') {
      // A hidden tab slows timers down, but not messages. The first one may come ahead of timers
      // that were due before it was sent; the second comes behind them.
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.onmessage = () => {
          port1.close();
          resolve();
        };
        port2.postMessage(null);
      };
      port2.postMessage(null);
    } else {
      setTimeout(resolve);
    }
  });
}

/** Lets the event loop turn while steps follow one another. */
export class Yielder {
  readonly #every: YieldEvery;
  readonly #milliseconds: number;
  #lastTurn = performance.now();
  #lastStep = this.#lastTurn;

  constructor(every: YieldEvery = 'auto') {
    this.#every = every;
    this.#milliseconds = typeof every === 'number' ? every : AUTO_MILLISECONDS;
  }

  /** @returns `undefined` where there is nothing to wait for yet. */
  afterStep(work: BackgroundWork = NONE): Promise<void> | undefined {
    if (this.#every === 'never' || this.#every === 'epoch') {
      return undefined;
    }
    const now = performance.now();
    // The next step takes about as long as this one: after it, it could be too late.
    const step = now - this.#lastStep;
    const due = now + step - this.#lastTurn >= this.#milliseconds;
    this.#lastStep = now;
    if (work.isAttending) {
      return this.#turnFor(work, now + Math.min(step * MAX_SHARE, MAX_MILLISECONDS));
    }
    return this.#every === 'batch' || due ? this.#turn() : undefined;
  }

  afterEpoch(): Promise<void> | undefined {
    return this.#every === 'epoch' ? this.#turn() : undefined;
  }

  async #turnFor(work: BackgroundWork, until: number): Promise<void> {
    do {
      await this.#turn();
    } while (work.isAttending && this.#lastTurn < until);
  }

  async #turn(): Promise<void> {
    await turnEventLoop();
    this.#lastTurn = performance.now();
    this.#lastStep = this.#lastTurn;
  }
}
