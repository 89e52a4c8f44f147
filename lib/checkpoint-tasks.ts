import { DamageError } from './checkpoint-manifest.js';
import { Rotation, writeState } from './checkpoint-rotation.js';
import type { RotationEntry, RotationOptions, RotationState } from './checkpoint-rotation.js';
import { relabelCheckpoint, replaceCheckpoint, writeCheckpoint } from './checkpoint-writer.js';
import type { CheckpointLabel } from './checkpoint-writer.js';
import { acquire, assertOwned, keepOwned, OUR_PREFIX } from './directory-owner.js';
import type { Directory } from './directory.js';
import { foundRotation } from './found-rotation.js';
import type { MaybePromise } from './maybe-promise.js';
import type { StateSnapshot } from './training-state.js';

/** Half of what a saver writes, and what it renames before it deletes it. */
const TEMPORARY = `${OUR_PREFIX}tmp-`;
const DELETED = `${OUR_PREFIX}old-`;

/** What is to be saved and what to be kept: data alone, which another thread can be sent. */
export interface SaveOrder {
  /** What the name of the checkpoint begins with, before its step. */
  readonly base: string;
  readonly label: Omit<CheckpointLabel, 'rotation'>;
  /** When it is saved, in the seconds of the session's clock. */
  readonly savedAt: number;
  readonly options: RotationOptions;
  /** What is kept already. */
  readonly before?: RotationState | undefined;
  /** Where that is not known: the step up to which what is found there counts. */
  readonly foundUpTo?: number | undefined;
  /** No other order has or had the same; fits into a name. */
  readonly id: string;
}

export interface SaveOutcome {
  /** What is kept now, though something failed. */
  readonly rotation?: RotationState | undefined;
  readonly failure?: Failure | undefined;
  /**
   * Resolves once what is too many is gone from the disk, or tells why it is not. It has no name of a
   * checkpoint's already, and training need not wait: it takes up to a third of a save.
   */
  readonly removed: MaybePromise<Failure | undefined>;
}

export interface Failure {
  readonly error: unknown;
}

/**
 * The work on a directory of checkpoints, in pieces that need nothing else: a platform may do them
 * in another thread. One at a time: a save is over when what is too many is removed.
 */
export interface CheckpointTasks {
  /** Makes the directory this process's. */
  acquire(): Promise<void>;
  /** Commits a checkpoint, so that it survives power loss, and deletes what is too many. */
  save(snapshot: StateSnapshot, order: SaveOrder): Promise<SaveOutcome>;
  /** Called when there is nothing more to do for now. */
  close(): Promise<void>;
}

/** @param sleep - Waits for so many seconds. */
export function checkpointTasks(
  directory: Directory,
  sleep: (seconds: number) => Promise<void>,
): CheckpointTasks {
  return {
    acquire: () => acquire(directory, sleep, () => sweep(directory)),
    save: (snapshot, order) => new Save(directory, order, sleep).run(snapshot),
    close: () => Promise.resolve(),
  };
}

/** Removes what a process left that was killed. What cannot be removed is in nobody's way. */
async function sweep(directory: Directory): Promise<void> {
  for (const { name } of await directory.list()) {
    if (name.startsWith(TEMPORARY) || name.startsWith(DELETED)) {
      await directory.remove(name).catch(() => {});
    }
  }
}

class Save {
  readonly #directory: Directory;
  readonly #order: SaveOrder;
  readonly #sleep: (seconds: number) => Promise<void>;
  /** What has no name of a checkpoint's any more. */
  readonly #deleted: string[] = [];
  #names = 0;

  constructor(directory: Directory, order: SaveOrder, sleep: (seconds: number) => Promise<void>) {
    this.#directory = directory;
    this.#order = order;
    this.#sleep = sleep;
  }

  async run(snapshot: StateSnapshot): Promise<SaveOutcome> {
    const { base, options, savedAt, before, foundUpTo } = this.#order;
    let rotation: Rotation | undefined;
    try {
      await keepOwned(this.#directory, this.#sleep);
      const known =
        foundUpTo === undefined ? before : await foundRotation(this.#directory, base, foundUpTo);
      rotation = new Rotation(options, savedAt, known);
      await this.#write(snapshot, rotation);
      return { rotation: rotation.state, removed: this.#remove() };
    } catch (error) {
      return { rotation: rotation?.state ?? before, failure: { error }, removed: this.#remove() };
    }
  }

  async #write(snapshot: StateSnapshot, rotation: Rotation): Promise<void> {
    const { base, label, savedAt } = this.#order;
    const { globalStep } = label;
    const name = `${base}-${globalStep}`;
    await this.#commit(name, snapshot, {
      ...label,
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
        const name = DELETED + this.#uniquePart();
        if ((await this.#directory.stat(entry.name))?.kind === 'directory') {
          await this.#directory.rename(entry.name, name);
          this.#deleted.push(name);
        }
        rotation.drop(entry);
      }
    }
    return isChanged;
  }

  async #remove(): Promise<Failure | undefined> {
    try {
      for (const name of this.#deleted) {
        await this.#directory.remove(name);
      }
    } catch (error) {
      return { error };
    }
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
    this.#names += 1;
    return `${this.#order.id}-${this.#names}`;
  }
}

/** A name for what is written for a moment. */
export function temporaryName(id: string): string {
  return TEMPORARY + id;
}
