import type { MaybePromise } from './maybe-promise.js';

/** What a checkpoint holds, as the core sees it: an adapter reads and writes the tensors. */
export interface TrainingState {
  /**
   * The state as it is now: what training does later does not change it.
   *
   * @param includeOptimizer - Whether to take the optimizer's state too.
   */
  snapshot(includeOptimizer: boolean): MaybePromise<StateSnapshot>;
  /** In words, all that keeps a saved state from being restored here; none where it fits. */
  differences(saved: SavedState): readonly string[];
  /** Begins to restore a saved state that fits; nothing changes before `commit`. */
  restore(saved: SavedState): StateRestore;
}

/** The state of training at one step. */
export interface StateSnapshot {
  /** In order: the model's weights or the variables, then the optimizer's state. */
  readonly tensors: readonly StateTensor[];
  /** What `model.json` says beyond the weights; `undefined` of bare variables. */
  readonly model?: ModelDocument | undefined;
  /** `undefined` where there is none, or it is left out. */
  readonly optimizer?: SavedOptimizer | undefined;
  /**
   * Where another thread has the tensors: it writes their bytes from `start` to `end`, counted over
   * all of them one behind the other, into a file that is there and empty.
   */
  writeTo?(path: string, start: number, end: number): Promise<void>;
  dispose(): void;
}

export interface TensorSpec {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Where it belongs to the optimizer. */
  readonly group?: 'optimizer' | undefined;
  /** What part of the optimizer's state it is, where it is one for a variable. */
  readonly slot?: OptimizerSlot | undefined;
}

/** The optimizer's state for one variable. */
export interface OptimizerSlot {
  /** The list of the optimizer that holds it. */
  readonly list: string;
  readonly index: number;
  /** Which of the saved tensors is that variable; `null` where it is none of them. */
  readonly of: number | null;
}

export interface StateTensor extends TensorSpec {
  /** Whether tfjs reads it back by itself. */
  readonly isPortable: boolean;
  /** How many bytes `read` gives. */
  readonly bytes: number;
  /** Whether they are in memory already: else `read` makes a copy. */
  readonly isInMemory: boolean;
  /** The bytes as tfjs stores them; not to be changed. */
  read(): MaybePromise<Uint8Array>;
}

/** What tfjs's `model.json` holds. */
export interface ModelDocument {
  readonly format: string;
  readonly generatedBy: string;
  readonly convertedBy: null;
  readonly modelTopology: object;
  readonly trainingConfig?: object | undefined;
  readonly userDefinedMetadata?: object | undefined;
}

export interface SavedOptimizer {
  readonly className: string;
  /** Numbers that tfjs does not save, or not exactly. */
  readonly scalars: Readonly<Record<string, number>>;
  /** Whether its slots are those of the model's trainable weights, in their order. */
  readonly isOfModel: boolean;
}

/** What a checkpoint says of the state in it. */
export interface SavedState {
  readonly tensors: readonly TensorSpec[];
  readonly optimizer?: SavedOptimizer | undefined;
}

/** A state on its way from a checkpoint into the model. */
export interface StateRestore {
  /** Takes the bytes of the next of the saved tensors; the buffer is handed over. */
  add(bytes: Uint8Array<ArrayBuffer>): void;
  /** Puts all of it in place. */
  commit(): void;
  /** Frees what was not put in place. */
  dispose(): void;
}
