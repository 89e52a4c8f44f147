import { DamageError } from './checkpoint-manifest.js';
import { Rotation, writeState } from './checkpoint-rotation.js';
import type { RotationEntry, RotationOptions } from './checkpoint-rotation.js';
import { relabelCheckpoint, replaceCheckpoint, writeCheckpoint } from './checkpoint-writer.js';
import type { CheckpointLabel } from './checkpoint-writer.js';
import type { Clock } from './clock.js';
import { assertOwned, disown, OUR_PREFIX, own } from './directory-owner.js';
import type { Directory } from './directory.js';
import { foundRotation } from './found-rotation.js';
import { restoredOf } from './restored.js';
import type { Restored } from './restored.js';
import type { Progress } from './session-host.js';
import type { Session } from './session-run-hook.js';
import type { StateSnapshot } from './training-state.js';

/** Half of what a saver writes, and what it renames before it deletes it. */
const TEMPORARY = `${OUR_PREFIX}tmp-`;
const DELETED = `${OUR_PREFIX}old-`;

let temporaries = 0;

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
  #session: Session | undefined;
  #restored: Restored | undefined;
  #rotation: Rotation | undefined;
  #latest: Latest | undefined;

  constructor(directory: Directory, base: string, options: RotationOptions) {
    this.#directory = directory;
    this.#base = base;
    this.#options = options;
  }

  /** Writes a checkpoint, so that it survives power loss, and deletes what is too many. */
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
    try {
      await this.#own(clock);
      const rotation = await this.#rotationOf(session, clock.now(), globalStep, before);
      await this.#write(snapshot, this.#latest, rotation, clock.now());
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
      await this.#own(clock);
      await assertOwned(this.#directory);
      const directory = this.#directory.child(`${this.#base}-${this.#latest.globalStep}`);
      await relabelCheckpoint(directory, { epoch, batch }, this.#temporaryName());
      this.#latest = { ...this.#latest, epoch, batch };
    }
  }

  /** Gives the directory free. */
  async close(): Promise<void> {
    await disown(this.#directory, this);
  }

  async #own(clock: Clock): Promise<void> {
    await this.#directory.make();
    if (await own(this.#directory, this, (seconds) => clock.sleep(seconds))) {
      await this.#sweep();
    }
  }

  /** Removes what a process left that was killed. */
  async #sweep(): Promise<void> {
    for (const { name } of await this.#directory.list()) {
      if (name.startsWith(TEMPORARY) || name.startsWith(DELETED)) {
        await this.#directory.remove(name);
      }
    }
  }

  /** A run that restored goes on with what is there; any other counts only its own. */
  async #rotationOf(
    session: Session,
    now: number,
    globalStep: number,
    before: Latest | undefined,
  ): Promise<Rotation> {
    const restored = restoredOf(session);
    const isFromHere = restored?.directoryId === this.#directory.id;
    const goesOn =
      session === this.#session
        ? restored === this.#restored
        : !isFromHere && before !== undefined && before.globalStep <= globalStep;
    if (this.#rotation === undefined || !goesOn) {
      const found = isFromHere
        ? await foundRotation(this.#directory, this.#base, restored.globalStep)
        : undefined;
      this.#rotation = new Rotation(this.#options, now, found);
    }
    this.#session = session;
    this.#restored = restored;
    return this.#rotation;
  }

  async #write(
    snapshot: StateSnapshot,
    { globalStep, epoch, batch }: Latest,
    rotation: Rotation,
    savedAt: number,
  ): Promise<void> {
    const name = `${this.#base}-${globalStep}`;
    await this.#commit(name, snapshot, {
      globalStep,
      epoch,
      batch,
      time: Date.now(),
      rotation: { savedAt, keepAfter: rotation.keepAfter, isKept: false },
    });
    rotation.add({ name, globalStep, savedAt, isKept: false });
    await writeState(this.#directory, name, rotation, this.#temporaryName());
    if (await this.#prune(rotation, name)) {
      await writeState(this.#directory, name, rotation, this.#temporaryName());
    }
  }

  async #commit(name: string, snapshot: StateSnapshot, label: CheckpointLabel): Promise<void> {
    const directory = this.#directory;
    const stat = await directory.stat(name);
    const temporary = this.#temporaryName();
    if (stat?.kind === 'directory') {
      await assertOwned(directory);
      await replaceCheckpoint(directory.child(name), snapshot, label, temporary);
      return;
    }
    if (stat !== undefined) {
      throw new Error(`${directory.child(name).path}: is in the way: it is no directory.`);
    }
    try {
      await writeCheckpoint(directory.child(temporary), snapshot, label);
      await assertOwned(directory);
      await directory.rename(temporary, name);
    } catch (error) {
      await directory.remove(temporary).catch(() => {});
      throw error;
    }
    await directory.sync();
  }

  /** @returns Whether anything has changed. */
  async #prune(rotation: Rotation, latest: string): Promise<boolean> {
    const deleted: string[] = [];
    let isChanged = false;
    for (;;) {
      const entry = rotation.surplus(latest);
      if (entry === undefined) {
        break;
      }
      isChanged = true;
      if (rotation.isToKeep(entry)) {
        rotation.keep(entry);
        await this.#markKept(entry, rotation.keepAfter);
      } else {
        const name = `${DELETED}${this.#uniquePart()}`;
        if ((await this.#directory.stat(entry.name))?.kind === 'directory') {
          await this.#directory.rename(entry.name, name);
          deleted.push(name);
        }
        rotation.drop(entry);
      }
    }
    for (const name of deleted) {
      await this.#directory.remove(name);
    }
    return isChanged;
  }

  /** So that it is known though the state file be lost. */
  async #markKept({ name, savedAt }: RotationEntry, keepAfter: number): Promise<void> {
    const rotation = { savedAt, keepAfter, isKept: true };
    try {
      await relabelCheckpoint(this.#directory.child(name), { rotation }, this.#temporaryName());
    } catch (error) {
      if (!(error instanceof DamageError)) {
        throw error;
      }
    }
  }

  #temporaryName(): string {
    return TEMPORARY + this.#uniquePart();
  }

  #uniquePart(): string {
    temporaries += 1;
    return `${this.#directory.processId}-${temporaries}`;
  }
}

/** Where training stands: as the checkpoint said that was restored, until a step is done. */
function progressAt(session: Session, globalStep: number, progress: Progress): Progress {
  const restored = restoredOf(session);
  return restored?.globalStep === globalStep ? restored : progress;
}
