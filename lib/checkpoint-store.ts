import type { RotationOptions, RotationState } from './checkpoint-rotation.js';
import { checkpointTasks, temporaryName } from './checkpoint-tasks.js';
import type { CheckpointTasks, SaveOutcome } from './checkpoint-tasks.js';
import { relabelCheckpoint } from './checkpoint-writer.js';
import type { Clock } from './clock.js';
import { disown, keepOwned, own } from './directory-owner.js';
import type { Directory } from './directory.js';
import { restoredOf } from './restored.js';
import type { Restored } from './restored.js';
import type { Progress } from './session-host.js';
import type { Session } from './session-run-hook.js';
import type { StateSnapshot } from './training-state.js';
import { inTurn } from './turns.js';

let ids = 0;

/** The checkpoint that was saved last, or is being saved. */
interface Latest extends Progress {
  readonly session: Session;
  readonly globalStep: number;
}

/** The checkpoints of one name in one directory, as a saver writes and rotates them. */
export class CheckpointStore {
  readonly #directory: Directory;
  readonly #base: string;
  readonly #options: RotationOptions;
  /** What works in another thread; `undefined` where nothing does. */
  readonly #thread: CheckpointTasks | undefined;
  #session: Session | undefined;
  #restored: Restored | undefined;
  #rotation: RotationState | undefined;
  #latest: Latest | undefined;
  /** What the last save has deleted is being removed from the disk. */
  #removing: Promise<void> | undefined;

  /** @param background - Whether to work beside training, where the platform can. */
  constructor(directory: Directory, base: string, options: RotationOptions, background: boolean) {
    this.#directory = directory;
    this.#base = base;
    this.#options = options;
    this.#thread = background ? directory.openThread?.() : undefined;
  }

  /**
   * Writes a checkpoint, so that it survives power loss, and deletes what is too many: what had to be
   * removed from the disk may still be on its way when it resolves.
   */
  async save(
    session: Session,
    clock: Clock,
    snapshot: StateSnapshot,
    globalStep: number,
    progress: Progress,
  ): Promise<void> {
    const before = this.#latest;
    const { epoch, batch } = progressAt(session, globalStep, progress);
    this.#latest = { session, globalStep, epoch, batch };
    const savedAt = clock.now();
    const time = Date.now();
    try {
      const tasks = this.#tasks(clock);
      await own(this.#directory, this, () => tasks.acquire());
      await this.#removing;
      const order = {
        base: this.#base,
        label: { globalStep, epoch, batch, time },
        savedAt,
        options: this.#options,
        ...this.#rotationOf(session, globalStep, before),
        id: this.#newId(),
      };
      // Another saver of this process may be writing there, in the background say.
      const { rotation, failure, removed } = await inTurn(this.#directory, () =>
        tasks.save(snapshot, order),
      );
      this.#rotation = rotation;
      // A logger that throws has nobody to tell.
      this.#removing = this.#warn(session, removed).catch(() => {});
      if (failure !== undefined) {
        throw failure.error;
      }
    } catch (error) {
      this.#latest = before;
      throw error;
    }
  }

  /** Whether the newest checkpoint is of this step, and of another place in the epochs. */
  isBehind(session: Session, progress: Progress): boolean {
    const latest = this.#latest;
    const { epoch, batch } = progressAt(session, session.globalStep, progress);
    return (
      latest?.session === session &&
      latest.globalStep === session.globalStep &&
      (epoch !== latest.epoch || batch !== latest.batch)
    );
  }

  /** Brings the newest checkpoint up to date. */
  async updateProgress(clock: Clock, { epoch, batch }: Progress): Promise<void> {
    if (this.#latest !== undefined) {
      await own(this.#directory, this, () => this.#tasks(clock).acquire());
      await keepOwned(this.#directory, (seconds) => clock.sleep(seconds));
      const directory = this.#directory.child(`${this.#base}-${this.#latest.globalStep}`);
      await inTurn(this.#directory, () =>
        relabelCheckpoint(directory, { epoch, batch }, temporaryName(this.#newId())),
      );
      this.#latest = { ...this.#latest, epoch, batch };
    }
  }

  /** Whether it saved last for that session; where none is given, it is for any. */
  isOf(session: Session | undefined): boolean {
    return session === undefined || session === this.#session;
  }

  /** Resolves once what was deleted is gone from the disk. */
  async removed(): Promise<void> {
    await this.#removing;
  }

  /** Gives the directory free. */
  async close(): Promise<void> {
    await this.#removing;
    await this.#thread?.close();
    await disown(this.#directory, this);
  }

  /** What cannot be removed is in nobody's way: the next process that saves here tries again. */
  async #warn(session: Session, removed: SaveOutcome['removed']): Promise<void> {
    const failure = await removed;
    if (failure !== undefined) {
      const { error } = failure;
      const reason = error instanceof Error ? error.message : String(error);
      session.logger.warn(
        `A checkpoint that is too many cannot be removed from ${this.#directory.path}: ${reason}`,
      );
    }
  }

  #tasks(clock: Clock): CheckpointTasks {
    return this.#thread ?? checkpointTasks(this.#directory, (seconds) => clock.sleep(seconds));
  }

  /** A run that restored goes on with what is there; any other counts only its own. */
  #rotationOf(
    session: Session,
    globalStep: number,
    before: Latest | undefined,
  ): { readonly before?: RotationState | undefined; readonly foundUpTo?: number | undefined } {
    const restored = restoredOf(session);
    const isFromHere = restored?.directoryId === this.#directory.id;
    const goesOn =
      session === this.#session
        ? restored === this.#restored
        : !isFromHere && before !== undefined && before.globalStep <= globalStep;
    this.#session = session;
    this.#restored = restored;
    if (this.#rotation !== undefined && goesOn) {
      return { before: this.#rotation };
    }
    return isFromHere ? { foundUpTo: restored.globalStep } : {};
  }

  #newId(): string {
    ids += 1;
    return `${this.#directory.processId}-${ids}`;
  }
}

/** Where training stands: as the checkpoint said that was restored, until a step is done. */
function progressAt(session: Session, globalStep: number, progress: Progress): Progress {
  const restored = restoredOf(session);
  return restored?.globalStep === globalStep ? restored : progress;
}
