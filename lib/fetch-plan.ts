import { mapFetches, resultOf, TypedFetch } from './fetches.js';
import type { Fetch } from './fetches.js';
import { scalarReading } from './reading.js';
import type { Reading } from './reading.js';

/** What is to be read at once for several who ask: each fetch once, however many ask for it. */
export class FetchPlan {
  readonly #globalStepName: string;
  readonly #requests = new Map<number, unknown>();
  readonly #indices = new Map<Fetch, number>();
  readonly #fetches: Fetch[] = [];
  #readings: readonly Reading[] = [];
  #globalStep: Reading | undefined;

  constructor(globalStepName: string) {
    this.#globalStepName = globalStepName;
  }

  get isEmpty(): boolean {
    return this.#requests.size === 0;
  }

  /** What the host is to read: all but the global step. */
  get fetches(): readonly Fetch[] {
    return this.#fetches;
  }

  /** Whether someone asked for the global step. */
  get wantsGlobalStep(): boolean {
    return this.#globalStep !== undefined;
  }

  clear(): void {
    if (this.#requests.size > 0) {
      this.#requests.clear();
      this.#indices.clear();
      this.#fetches.length = 0;
      this.#readings = [];
      this.#globalStep = undefined;
    }
  }

  add(owner: string, who: number, fetches: unknown): void {
    mapFetches(owner, fetches, (leaf) => {
      const fetch = leaf instanceof TypedFetch ? leaf.fetch : leaf;
      if (fetch === this.#globalStepName) {
        this.#globalStep ??= scalarReading('int32', Number.NaN);
      } else if (!this.#indices.has(fetch)) {
        this.#indices.set(fetch, this.#fetches.push(fetch) - 1);
      }
    });
    this.#requests.set(who, fetches);
  }

  /** Takes what was read. */
  fill(readings: readonly Reading[], globalStep: number): void {
    this.#readings = readings;
    this.#globalStep = scalarReading('int32', globalStep);
  }

  /** What one of those who asked gets, in the structure of its fetches. */
  resultsOf(who: number): unknown {
    if (!this.#requests.has(who)) {
      return undefined;
    }
    return mapFetches('', this.#requests.get(who), (leaf) => {
      const fetch = leaf instanceof TypedFetch ? leaf.fetch : leaf;
      const index = this.#indices.get(fetch);
      const reading = index === undefined ? this.#globalStep : this.#readings[index];
      return resultOf(leaf, reading as Reading);
    });
  }
}
