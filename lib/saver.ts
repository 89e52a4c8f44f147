import type { MaybePromise } from './maybe-promise.js';
import type { Session } from './session-run-hook.js';

/** What saves checkpoints: `Saver`, or any object of this shape. */
export interface SaverLike {
  /**
   * Saves the state of training.
   *
   * @param path - The path of the checkpoint without its step, `run/model.ckpt`.
   * @param globalStep - The step to name it by.
   * @returns The path of the checkpoint, `run/model.ckpt-500`.
   */
  save(session: Session, path: string, globalStep: number): MaybePromise<unknown>;
  /** Brings the state of training back. */
  restore?(session: Session, path: string): MaybePromise<unknown>;
  /**
   * What is still being written, where `save` does not wait for it: resolves once it survives power
   * loss.
   */
  written?(): Promise<void> | undefined;
  /** Told by the hook behind an epoch: what was saved at this step belongs to the next epoch. */
  updateProgress?(session: Session): MaybePromise<void>;
  /**
   * Resolves once what is too many is gone from the disk, where `save` does not wait for it: the hook
   * does before it calls `afterSave` of listeners.
   */
  removed?(): MaybePromise<void>;
  /** Told at the end of a run and on abort: resolves when nothing of it is under way any more. */
  settle?(session: Session): MaybePromise<void>;
}

/** Takes action before and after a checkpoint is saved. Every method may be left out. */
export interface CheckpointSaverListener {
  /** Called once, before anything runs. */
  begin?(): MaybePromise<void>;
  /** Called before each save. */
  beforeSave?(session: Session, globalStep: number): MaybePromise<void>;
  /** Called after each save, which by then survives power loss; `true` asks to stop training. */
  afterSave?(session: Session, globalStep: number): MaybePromise<boolean | void>;
  /** Called when training has ended in order. */
  end?(session: Session, globalStep: number): MaybePromise<void>;
}
