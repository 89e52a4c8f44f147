import { scalar, variable } from '@tensorflow/tfjs';
import type { Optimizer, Tensor, Variable } from '@tensorflow/tfjs';
import { isObject, ValueError } from '../../lib/index.js';
import type { SavedOptimizer, SavedState, TensorSpec } from '../../lib/index.js';

/** Where an optimizer of tfjs has its state; none of it is public. */
interface Layout {
  /** Its lists of slots, in the order of `getWeights`, and what their names end with. */
  readonly slots: readonly (readonly [list: string, suffix: string])[];
  /** Its scalar variables. */
  readonly scalars: readonly string[];
  /** Whether `setWeights` of tfjs takes the slots. */
  readonly isPortable: boolean;
}

const LAYOUTS: Readonly<Record<string, Layout>> = {
  SGD: layout([]),
  Momentum: layout([['accumulations', 'momentum']]),
  Adagrad: layout([['accumulatedGrads', 'accumulator']]),
  Adadelta: layout([
    ['accumulatedGrads', 'accum_grad'],
    ['accumulatedUpdates', 'accum_var'],
  ]),
  RMSProp: layout([
    ['accumulatedMeanSquares', 'rms'],
    ['accumulatedMoments', 'momentum'],
    ['accumulatedMeanGrads', 'mg'],
  ]),
  Adam: layout(
    [
      ['accumulatedFirstMoment', 'm'],
      ['accumulatedSecondMoment', 'v'],
    ],
    ['accBeta1', 'accBeta2'],
  ),
  Adamax: layout(
    [
      ['accumulatedFirstMoment', 'm'],
      ['accumulatedWeightedInfNorm', 'v'],
    ],
    ['accBeta1', 'iteration'],
    false,
  ),
};

function layout(
  slots: Layout['slots'],
  scalars: readonly string[] = [],
  isPortable = true,
): Layout {
  return { slots, scalars, isPortable };
}

/** A slot as optimizers of tfjs keep it. */
interface Slot {
  originalName: string;
  variable: Variable;
}

/** One slot of the optimizer, and where it is. */
export interface PlacedSlot {
  readonly name: string;
  readonly list: string;
  readonly index: number;
  readonly of: number | null;
  readonly variable: Variable;
}

/** The variables that an optimizer may have state for. */
export interface Trained {
  /** All that a checkpoint holds, in its order. */
  readonly variables: readonly Variable[];
  /** Those that `fit` trains, in its order, as indices; `undefined` where it is not `fit`'s. */
  readonly trainable?: readonly number[] | undefined;
}

/** The state of an optimizer of tfjs, to the last bit. */
export class OptimizerState {
  readonly className: string;
  readonly isPortable: boolean;
  readonly #optimizer: Optimizer;
  readonly #layout: Layout;
  readonly #trained: Trained;

  /** @throws {@link ValueError} If it is none of tfjs's own. */
  constructor(optimizer: Optimizer, trained: Trained) {
    this.className = optimizer.getClassName();
    const known = Object.hasOwn(LAYOUTS, this.className) ? LAYOUTS[this.className] : undefined;
    if (known === undefined) {
      throw new ValueError(
        `Saver: the state of an optimizer of class ${this.className} cannot be saved: it is none ` +
          "of tfjs's own. Give the option 'includeOptimizer: false'.",
      );
    }
    this.#optimizer = optimizer;
    this.#layout = {
      ...known,
      slots: known.slots.filter(([list]) => list !== 'accumulatedMeanGrads' || this.#isCentered()),
    };
    this.isPortable = known.isPortable;
    this.#trained = trained;
  }

  get iterations(): number {
    return this.#optimizer.iterations;
  }

  scalars(): readonly (readonly [name: string, value: Variable])[] {
    return this.#layout.scalars.map((name) => [name, this.#fields[name] as Variable]);
  }

  slots(): readonly PlacedSlot[] {
    return this.#layout.slots.flatMap(([list, suffix]) =>
      this.#listed(list).map(({ originalName, variable }, index) => ({
        name: originalName,
        list,
        index,
        of: this.#variableOf(originalName, suffix, index, variable),
        variable,
      })),
    );
  }

  /** Whether its slots are those of what `fit` trains, in that order. */
  isOfModel(slots: readonly PlacedSlot[]): boolean {
    const { trainable } = this.#trained;
    return (
      trainable !== undefined &&
      slots.length % trainable.length === 0 &&
      slots.every(({ index, of }) => of === trainable[index])
    );
  }

  /** What keeps a saved state from being restored here. */
  differences({ tensors, optimizer }: SavedState, saved: SavedOptimizer): readonly string[] {
    if (optimizer?.className !== this.className) {
      return [
        `it has the state of the optimizer ${saved.className}, but here is ${this.className}`,
      ];
    }
    const found: string[] = [];
    if (this.#layout.scalars.some((name) => saved.scalars[name] === undefined)) {
      found.push(`it lacks numbers of the optimizer: ${this.#layout.scalars.join(', ')}`);
    }
    const slots = tensors.filter(({ slot }) => slot !== undefined);
    const lists = new Set(slots.map(({ slot }) => slot?.list));
    const wanted = this.#layout.slots.map(([list]) => list);
    if (
      lists.size > 0 &&
      (lists.size !== wanted.length || wanted.some((list) => !lists.has(list)))
    ) {
      found.push(
        `it has the optimizer's ${[...lists].join(', ')}, but here are ${wanted.join(', ')}`,
      );
    }
    for (const list of wanted) {
      found.push(
        ...this.#listDifferences(
          list,
          slots.filter(({ slot }) => slot?.list === list),
          saved,
        ),
      );
    }
    return found;
  }

  /** Puts a saved state in place; its tensors may be disposed then. */
  restore(
    saved: SavedOptimizer,
    iterations: number,
    slots: readonly (readonly [TensorSpec, Tensor])[],
  ): void {
    this.#fields['iterations_'] = iterations;
    for (const [name, value] of this.scalars()) {
      const exact = scalar(saved.scalars[name] ?? NaN);
      value.assign(exact);
      exact.dispose();
    }
    for (const [list, suffix] of this.#layout.slots) {
      const own = slots.filter(([{ slot }]) => slot?.list === list);
      const before = this.#listed(list);
      this.#fields[list] = own.map(([spec, value], i) =>
        filled(before[i], this.#nameOf(spec, suffix), value),
      );
      before.slice(own.length).forEach(({ variable }) => variable.dispose());
    }
  }

  get #fields(): Record<string, unknown> {
    return this.#optimizer as unknown as Record<string, unknown>;
  }

  #isCentered(): boolean {
    return this.#fields['centered'] === true;
  }

  #listed(list: string): readonly Slot[] {
    const slots = this.#fields[list];
    return (Array.isArray(slots) ? slots : []).filter(isObject) as unknown as readonly Slot[];
  }

  /** Names tell; where tfjs has loaded the slots by itself they may be of another process. */
  #variableOf(name: string, suffix: string, index: number, slot: Variable): number | null {
    const { variables, trainable } = this.#trained;
    const byName = variables.findIndex((one) => `${one.name}/${suffix}` === name);
    if (byName >= 0) {
      return byName;
    }
    const byPlace = trainable?.[index];
    return byPlace !== undefined && isOfShape(variables[byPlace], slot.shape) ? byPlace : null;
  }

  #nameOf({ name, slot }: TensorSpec, suffix: string): string {
    const of = slot?.of ?? null;
    const owner = of === null ? undefined : this.#trained.variables[of];
    return owner === undefined ? name : `${owner.name}/${suffix}`;
  }

  #listDifferences(
    list: string,
    slots: readonly TensorSpec[],
    { isOfModel }: SavedOptimizer,
  ): readonly string[] {
    const found: string[] = [];
    const { variables, trainable } = this.#trained;
    const before = this.slots().filter((one) => one.list === list);
    slots.forEach(({ name, shape, dtype, slot }, i) => {
      const of = slot?.of ?? null;
      const owner = of === null ? undefined : variables[of];
      if (slot?.index !== i || dtype !== 'float32' || (of !== null && !isOfShape(owner, shape))) {
        found.push(`the optimizer's '${name}' fits no weight here`);
      } else if (!isOfModel && of !== null && (before[i]?.of ?? of) !== of) {
        found.push(
          `the optimizer's '${name}' is of another variable than '${before[i]?.name}' here`,
        );
      }
    });
    const trainsOthers =
      slots.length !== trainable?.length || slots.some(({ slot }, i) => slot?.of !== trainable[i]);
    if (isOfModel && trainable !== undefined && slots.length > 0 && trainsOthers) {
      const names = trainable.map((index) => variables[index]?.name);
      found.push(
        `its optimizer has ${list} for ${slots.map(({ name }) => name).join(', ')}, but trainable ` +
          `here are ${names.join(', ')}`,
      );
    }
    return found;
  }
}

function isOfShape(value: Tensor | undefined, shape: readonly number[]): boolean {
  return value?.shape.join() === shape.join();
}

/** The slot with another value; a new one where there is none, or none of its shape. */
function filled(before: Slot | undefined, originalName: string, value: Tensor): Slot {
  if (before !== undefined && isOfShape(before.variable, value.shape)) {
    before.variable.assign(value);
    return { originalName, variable: before.variable };
  }
  before?.variable.dispose();
  return { originalName, variable: variable(value, false) };
}
