import type { CheckpointTasks } from './checkpoint-tasks.js';
import type { MaybePromise } from './maybe-promise.js';

/**
 * One directory of a platform, and the few operations on it that checkpoints need: what a platform
 * implements to keep checkpoints.
 *
 * A name is that of an entry of this directory, never a path. What fails throws an `Error` whose
 * message has the full path.
 */
export interface Directory {
  /** As the user wrote it: for messages, and for paths given to the user. */
  readonly path: string;
  /** One for all spellings of the path. */
  readonly id: string;
  /** This process, in letters, digits, dots and dashes; no other has or had the same. */
  readonly processId: string;

  /** The directory of this name in this one, whether it exists or not. */
  child(name: string): Directory;
  /** Makes this directory and those above it where they are missing, so as to survive power loss. */
  make(): Promise<void>;
  /** What is in it, in any order; nothing where the directory does not exist. */
  list(): Promise<readonly DirectoryEntry[]>;
  /** `undefined` where there is none. Says of a link that it is one. */
  stat(name: string): Promise<EntryStat | undefined>;
  /** Opens a file to read; follows no link. */
  open(name: string): Promise<ReadableFile>;
  /** Makes a file to write; fails where there is an entry of the name. */
  create(name: string): Promise<WritableFile>;
  /** Renames an entry in one step. A file may take the place of another. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file, a link, or a directory and all that is in it; follows no link. */
  remove(name: string): Promise<void>;
  /** Resolves once all names in this directory survive power loss. */
  sync(): Promise<void>;
  /** The CRC-32, in eight hexadecimal digits; of a text that of its UTF-8. */
  checksum(data: Uint8Array | string): string;
  /** Whether the process of this id is running still. */
  isAlive(processId: string): MaybePromise<boolean>;
  /**
   * Where the platform has threads: what does the work on this directory in one of its own.
   * `undefined` where none can be started.
   */
  openThread?(): CheckpointTasks | undefined;
}

export type EntryKind = 'file' | 'directory' | 'link' | 'other';

export interface DirectoryEntry {
  readonly name: string;
  readonly kind: EntryKind;
}

export interface EntryStat {
  readonly kind: EntryKind;
  /** In bytes. */
  readonly size: number;
}

/** A file open to be read from its start on. */
export interface ReadableFile {
  /** In bytes. */
  readonly size: number;
  /** The next bytes, so many exactly: in `buffer`, or at the start of one of their own. */
  read(length: number, buffer?: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
  /** The rest as text; what is not UTF-8 is replaced. */
  readText(): Promise<string>;
  close(): Promise<void>;
}

/** A new file open to be written from its start on. */
export interface WritableFile {
  /** Writes all of it; a text as UTF-8. */
  write(data: Uint8Array | string): Promise<void>;
  /** Resolves once what was written survives power loss. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** Writes a new file whole, so that it survives power loss under a name that does. */
export async function writeFile(
  directory: Directory,
  name: string,
  data: Uint8Array | string,
): Promise<void> {
  const file = await directory.create(name);
  try {
    await file.write(data);
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * The text of a file.
 *
 * @throws Error If it is no file, or longer than `maxBytes`.
 */
export async function readText(
  directory: Directory,
  name: string,
  maxBytes: number,
): Promise<string> {
  const file = await directory.open(name);
  try {
    if (file.size > maxBytes) {
      throw new Error(`${directory.path}/${name}: ${file.size} bytes are too many.`);
    }
    return await file.readText();
  } finally {
    await file.close();
  }
}
