import type { Progress } from './session-host.js';
import type { Session } from './session-run-hook.js';

/** From where a run goes on. */
export interface Restored extends Progress {
  /** The directory that holds the checkpoint, by its id. */
  readonly directoryId: string;
  readonly globalStep: number;
}

const restored = new WeakMap<Session, Restored>();

/** Notes that a run goes on from a checkpoint. */
export function setRestored(session: Session, from: Restored): void {
  restored.set(session, from);
}

/** The checkpoint that a run goes on from, if any. */
export function restoredOf(session: Session): Restored | undefined {
  return restored.get(session);
}
