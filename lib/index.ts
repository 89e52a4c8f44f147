export type { Clock } from './clock.js';
export { Saver } from './checkpoint-saver.js';
export type { SaverOptions } from './checkpoint-saver.js';
export type { CheckpointInfo } from './checkpoint-directory.js';
export { NanLossDuringTrainingError, ValueError } from './errors.js';
export type {
  FeedDict,
  Fetch,
  FetchFunction,
  FetchResult,
  FetchResults,
  FetchValue,
  Fetches,
  LayerVariableLike,
  NestedArray,
  SymbolicTensorLike,
  TensorLike,
} from './fetches.js';
export { GlobalStep } from './global-step.js';
export type { GlobalStepLike } from './global-step.js';
export { CheckpointSaverHook } from './hooks/checkpoint-saver-hook.js';
export type { CheckpointSaverHookOptions } from './hooks/checkpoint-saver-hook.js';
export { FinalOpsHook } from './hooks/final-ops-hook.js';
export type { FinalOpsHookOptions } from './hooks/final-ops-hook.js';
export { GlobalStepWaiterHook } from './hooks/global-step-waiter-hook.js';
export type { GlobalStepWaiterHookOptions } from './hooks/global-step-waiter-hook.js';
export { LoggingTensorHook } from './hooks/logging-tensor-hook.js';
export type { LoggingTensorHookOptions } from './hooks/logging-tensor-hook.js';
export { NanTensorHook } from './hooks/nan-tensor-hook.js';
export type { NanTensorHookOptions } from './hooks/nan-tensor-hook.js';
export { StepCounterHook } from './hooks/step-counter-hook.js';
export type { StepCounterHookOptions } from './hooks/step-counter-hook.js';
export { StopAfterNEvalsHook } from './hooks/stop-after-n-evals-hook.js';
export type { StopAfterNEvalsHookOptions } from './hooks/stop-after-n-evals-hook.js';
export { StopAtStepHook } from './hooks/stop-at-step-hook.js';
export type { StopAtStepHookOptions } from './hooks/stop-at-step-hook.js';
export { SummarySaverHook } from './hooks/summary-saver-hook.js';
export type { SummarySaverHookOptions } from './hooks/summary-saver-hook.js';
export type { Logger } from './logger.js';
export type { MaybePromise } from './maybe-promise.js';
export type { Model } from './model.js';
export type {
  ModelArtifacts,
  ModelIO,
  ModelSaveResult,
  ModelTrainingConfig,
  WeightSpec,
} from './model-io.js';
export type { CheckpointSaverListener, SaverLike } from './saver.js';
export { Scaffold } from './scaffold.js';
export type { ScaffoldOptions } from './scaffold.js';
export type {
  Logs,
  Params,
  Session,
  SessionRunArgs,
  SessionRunContext,
  SessionRunHook,
  SessionRunValues,
} from './session-run-hook.js';
export type { StopSignal } from './stop-signal.js';
export { summary } from './summary.js';
export type { MergedSummary, Summary, SummaryOp } from './summary.js';
export type { SummaryWriter, TextValue } from './summary-writer.js';
export { SecondOrStepTimer } from './timer.js';
export type { SecondOrStepTimerOptions } from './timer.js';

// For adapters: not part of the package's own exports.
export { check, checked, describeValue, isObject, objectWith, positiveInteger } from './options.js';
export { isLayerVariable, isRecord, isSymbolicTensor, isTensor, isVariable } from './fetches.js';
export { HookedSession } from './hooked-session.js';
export { isPromise } from './maybe-promise.js';
export { inTurn } from './turns.js';
export { scalarReading } from './reading.js';
export type { Reading } from './reading.js';
export { hostOf, requestStop } from './session-host.js';
export type { Batch, Progress, SessionHost } from './session-host.js';
export type { WithTensor } from './summary.js';
export { checkpointTasks } from './checkpoint-tasks.js';
export type { CheckpointTasks, Failure, SaveOrder, SaveOutcome } from './checkpoint-tasks.js';
export { infoOf, newestCheckpoint, wholeCheckpoints } from './checkpoint-directory.js';
export type {
  Directory,
  DirectoryEntry,
  EntryKind,
  EntryStat,
  ReadableFile,
  WritableFile,
} from './directory.js';
export { restoreLatest } from './restore-latest.js';
export type {
  ModelDocument,
  OptimizerSlot,
  SavedOptimizer,
  SavedState,
  StateRestore,
  StateSnapshot,
  StateTensor,
  TensorSpec,
  TrainingState,
} from './training-state.js';
