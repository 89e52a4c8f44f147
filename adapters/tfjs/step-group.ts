import type { LayersModel } from '@tensorflow/tfjs';
import type { GlobalStepLike, MaybePromise } from '../../lib/index.js';
import { ModelMap } from './models.js';

/** The callbacks of one `fit` that count with one counter: together they count each step once. */
export class StepGroup {
  readonly #globalStep: GlobalStepLike;
  readonly #members = new Set<object>();
  #counted = 0;
  #closed = false;
  #value: MaybePromise<number> = 0;

  constructor(globalStep: GlobalStepLike) {
    this.#globalStep = globalStep;
  }

  /** The group of the `fit` that begins: one that was closed or has counted is of an earlier one. */
  static join(
    member: object,
    globalStep: GlobalStepLike,
    model: LayersModel | undefined,
  ): StepGroup {
    if (model === undefined) {
      return new StepGroup(globalStep);
    }
    let groups = groupsOf.get(globalStep);
    if (groups === undefined) {
      groups = new ModelMap();
      groupsOf.set(globalStep, groups);
    }
    const slot = groups.getOrMake(model, () => ({ group: new StepGroup(globalStep) }));
    const { group } = slot;
    if (group.#closed || group.#counted > 0 || group.#members.has(member)) {
      slot.group = new StepGroup(globalStep);
    }
    slot.group.#members.add(member);
    return slot.group;
  }

  /** The `fit` is over for one of the callbacks, and so for all. */
  close(): void {
    this.#closed = true;
  }

  /** Counts the n-th step of the `fit`, unless another callback has. */
  count(n: number): MaybePromise<number> {
    if (n > this.#counted) {
      this.#counted = n;
      this.#value = this.#globalStep.increment();
    }
    return this.#value;
  }
}

const groupsOf = new WeakMap<GlobalStepLike, ModelMap<{ group: StepGroup }>>();
