import type { LayersModel, Sequential } from '@tensorflow/tfjs';
import { GlobalStep } from '../../lib/index.js';

/**
 * What stands for a model in maps. `tf.Sequential.fit` hands callbacks an inner model, and makes a
 * new one at every `compile`; all of them share their input, and the inner one's name tells whose
 * it is. Other models are handed over as they are.
 */
function modelKey(model: LayersModel): { readonly owner: object; readonly name: string } {
  const name = isSequential(model) ? `${model.name}${INNER}` : model.name;
  return { owner: (name.endsWith(INNER) ? model.inputs?.[0] : undefined) ?? model, name };
}

const INNER = '_model';

/** The model that computes: of a `tf.Sequential` the inner one, which it has once it is built. */
export function innerModel(model: LayersModel): LayersModel {
  const { model: inner } = model as { readonly model?: LayersModel | null };
  return isSequential(model) ? (inner ?? model) : model;
}

/** Sees to it that the model has a flag `stopTraining`: a `tf.Sequential` needs to be built first. */
export function ensureStopFlag(model: LayersModel): void {
  if (isSequential(model) && innerModel(model) === model) {
    (model as Sequential).build();
  }
}

/** The names of the numbers of a compiled model, each unlike the others, as `fit` has them. */
export function metricNamesOf(model: LayersModel): readonly string[] | undefined {
  const inner = innerModel(model) as unknown as {
    getDedupedMetricsNames?(): string[];
    /** Not before the model is compiled. */
    readonly metricsNames: readonly string[] | undefined;
  };
  return inner.metricsNames && (inner.getDedupedMetricsNames?.() ?? inner.metricsNames);
}

/** Works across copies of tfjs, where `instanceof` does not. */
function isSequential(model: LayersModel): boolean {
  return (model.constructor as { readonly className?: string }).className === 'Sequential';
}

/** Something for each model, however it is handed over. */
export class ModelMap<T> {
  readonly #byOwner = new WeakMap<object, Map<string, T>>();

  getOrMake(model: LayersModel, make: () => T): T {
    const { owner, name } = modelKey(model);
    let byName = this.#byOwner.get(owner);
    if (byName === undefined) {
      byName = new Map();
      this.#byOwner.set(owner, byName);
    }
    let value = byName.get(name);
    if (value === undefined) {
      value = make();
      byName.set(name, value);
    }
    return value;
  }
}

const globalSteps = new ModelMap<GlobalStep>();

/** The global step that belongs to a model: a second `fit` goes on counting. */
export function globalStepOf(model: LayersModel): GlobalStep {
  return globalSteps.getOrMake(model, () => new GlobalStep());
}
