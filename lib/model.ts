import type { LayerVariableLike, SymbolicTensorLike } from './fetches.js';

/** A `tf.LayersModel`, declared structurally: the core imports no tfjs. */
export interface Model {
  readonly name: string;
  readonly inputs: readonly SymbolicTensorLike[];
  readonly outputs: readonly SymbolicTensorLike[];
  readonly weights: readonly LayerVariableLike[];
  stopTraining: boolean;
}
