/** How often training lets the event loop turn: with `fit`'s meaning. */
export type YieldEvery = 'auto' | 'batch' | 'epoch' | 'never' | number;

declare const setImmediate: ((callback: () => void) => void) | undefined;

const AUTO_MILLISECONDS = 125;

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
      // A hidden tab slows timers down, but not messages.
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
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

  /**
   * @param isNeeded - Whether work goes on beside training, which gets on when the event loop turns.
   * @returns `undefined` where there is nothing to wait for yet.
   */
  afterStep(isNeeded = false): Promise<void> | undefined {
    if (this.#every === 'never' || this.#every === 'epoch') {
      return undefined;
    }
    const now = performance.now();
    // The next step takes about as long as this one: after it, it could be too late.
    const due = now + (now - this.#lastStep) - this.#lastTurn >= this.#milliseconds;
    this.#lastStep = now;
    return this.#every === 'batch' || due || isNeeded ? this.#turn() : undefined;
  }

  afterEpoch(): Promise<void> | undefined {
    return this.#every === 'epoch' ? this.#turn() : undefined;
  }

  async #turn(): Promise<void> {
    await turnEventLoop();
    this.#lastTurn = performance.now();
    this.#lastStep = this.#lastTurn;
  }
}
