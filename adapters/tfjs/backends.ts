import { engine } from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';

/** Whether the data of a tensor are on one of these backends, by the names that tfjs registers. */
export function isOnBackend({ dataId }: Tensor, names: readonly string[]): boolean {
  const { registry, state } = engine();
  const backend = state.tensorInfo.get(dataId)?.backend;
  if (backend !== undefined) {
    // Without a function, which every read of a metric would make anew.
    for (const name of names) {
      if (registry[name] === backend) {
        return true;
      }
    }
  }
  return false;
}
