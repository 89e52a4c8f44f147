import { mapFetches, resultOf, TypedFetch } from './fetches.js';
import type { Fetch } from './fetches.js';
import { scalarReading } from './reading.js';
import type { Reading } from './reading.js';

/** Where a fetch stands among those of the round in which it was asked for last. */
interface Place {
  round: number;
  index: number;
}

/** How many fetches are known from one round to the next at most. */
const MAX_KNOWN = 100;

/**
 * What is to be read at once for several who ask: each fetch once, however many ask for it. One plan
 * serves one round after another, mostly with the same fetches: their places are made once.
 */
export class FetchPlan {
  readonly #globalStepName: string;
  /** By the numbers of those who ask. */
  readonly #requests: unknown[] = [];
  readonly #places = new Map<Fetch, Place>();
  #round = 0;
  #isEmpty = true;
  #wantsGlobalStep = false;
  #fetches: Fetch[] = [];
  #readings: readonly Reading[] = [];
  #globalStep = Number.NaN;

  constructor(globalStepName: string) {
    this.#globalStepName = globalStepName;
  }

  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  /** What the host is to read: all but the global step. */
  get fetches(): readonly Fetch[] {
    return this.#fetches;
  }

  /** Whether someone asked for the global step. */
  get wantsGlobalStep(): boolean {
    return this.#wantsGlobalStep;
  }

  /** Begins a round. */
  clear(): void {
    if (this.#isEmpty) {
      return;
    }
    this.#isEmpty = true;
    this.#wantsGlobalStep = false;
    this.#requests.fill(undefined);
    this.#fetches = [];
    this.#readings = [];
    this.#round += 1;
    if (this.#places.size > MAX_KNOWN) {
      this.#places.clear();
    }
  }

  add(owner: string, who: number, fetches: unknown): void {
    mapFetches(owner, fetches, this.#ask);
    this.#requests[who] = fetches;
    this.#isEmpty = false;
  }

  /** Takes what was read. */
  fill(readings: readonly Reading[], globalStep: number): void {
    this.#readings = readings;
    this.#globalStep = globalStep;
  }

  /** What one of those who asked gets, in the structure of its fetches. */
  resultsOf(who: number): unknown {
    const fetches = this.#requests[who];
    return fetches === undefined ? undefined : mapFetches('', fetches, this.#answer);
  }

  readonly #ask = (leaf: Fetch | TypedFetch): void => {
    const fetch = leaf instanceof TypedFetch ? leaf.fetch : leaf;
    if (fetch === this.#globalStepName) {
      this.#wantsGlobalStep = true;
      return;
    }
    const place = this.#places.get(fetch);
    if (place?.round === this.#round) {
      return;
    }
    const index = this.#fetches.push(fetch) - 1;
    if (place === undefined) {
      this.#places.set(fetch, { round: this.#round, index });
    } else {
      place.round = this.#round;
      place.index = index;
    }
  };

  readonly #answer = (leaf: Fetch | TypedFetch): unknown => {
    const fetch = leaf instanceof TypedFetch ? leaf.fetch : leaf;
    const reading =
      fetch === this.#globalStepName
        ? scalarReading('int32', this.#globalStep)
        : (this.#readings[(this.#places.get(fetch) as Place).index] as Reading);
    return resultOf(leaf, reading);
  };
}
