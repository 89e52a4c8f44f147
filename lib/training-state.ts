/** What a checkpoint holds, as the core sees it: an adapter reads and writes the tensors. */
export interface TrainingState {
  readonly tensors: readonly unknown[];
}
