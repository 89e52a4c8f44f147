import type { LayersModel } from '@tensorflow/tfjs';

const watchers = new WeakMap<LayersModel, Set<() => void>>();

/**
 * Calls back when the `fit` that is under way is over, whichever way.
 *
 * When `fit` throws it tells no callback (`onTrainEnd` is never called); all it does is to set
 * `model.isTraining` to false. So that property is an accessor while `fit` runs, and becomes a
 * plain one again at that moment.
 *
 * @returns Ends the watch.
 */
export function watchFit(model: LayersModel, onOver: () => void): () => boolean {
  let own = watchers.get(model);
  if (own === undefined) {
    own = new Set();
    watchers.set(model, own);
    watch(model, own);
  }
  own.add(onOver);
  return () => own.delete(onOver);
}

/** Whether a `fit` of the model is under way. */
export function isFitting(model: LayersModel): boolean {
  return (model as unknown as { readonly isTraining: unknown }).isTraining === true;
}

function watch(model: LayersModel, own: ReadonlySet<() => void>): void {
  Object.defineProperty(model, 'isTraining', {
    configurable: true,
    enumerable: true,
    get: () => true,
    set: (isTraining: boolean) => {
      if (!isTraining) {
        Object.defineProperty(model, 'isTraining', {
          configurable: true,
          enumerable: true,
          writable: true,
          value: false,
        });
        watchers.delete(model);
        for (const onOver of own) {
          onOver();
        }
      }
    },
  });
}
