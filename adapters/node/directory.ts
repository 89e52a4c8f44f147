import { constants, realpathSync } from 'node:fs';
import { lstat, open, readdir, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { crc32 } from 'node:zlib';
import type {
  CheckpointTasks,
  Directory,
  DirectoryEntry,
  EntryKind,
  EntryStat,
  ReadableFile,
  WritableFile,
} from '../../lib/index.js';
import { makeFolders } from './make-folders.js';
import { openThread } from './checkpoint-thread.js';
import { naming } from './naming.js';
import { isAlive, ownId } from './process-id.js';

/** What one call of `read` or `write` takes at most. */
const MAX_PART = 2 ** 30;

/** Follows no link, and waits for nobody at the other end of a pipe. Windows has neither. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * Opens a directory of the file system, which need not exist yet.
 *
 * @param processId - Of whom the caller is a thread; default: this process and thread.
 */
export function openDirectory(path: string, processId?: string): Directory {
  return new NodeDirectory(path, processId);
}

/** One name for all spellings of a path. */
export function resolveDirectory(path: string): string {
  let at = resolve(path);
  const missing: string[] = [];
  for (;;) {
    try {
      return join(realpathSync(at), ...missing);
    } catch {
      missing.unshift(basename(at));
      at = dirname(at);
    }
  }
}

class NodeDirectory implements Directory {
  readonly path: string;
  readonly #processId: string | undefined;

  constructor(path: string, processId: string | undefined) {
    this.path = path;
    this.#processId = processId;
  }

  get id(): string {
    return resolveDirectory(this.path);
  }

  get processId(): string {
    return this.#processId ?? ownId();
  }

  child(name: string): Directory {
    const path = /[/\\]$/.test(this.path) ? this.path + name : `${this.path}/${name}`;
    return new NodeDirectory(path, this.#processId);
  }

  async make(): Promise<void> {
    const first = makeFolders(this.path);
    if (first !== undefined) {
      // Each of the new directories is a name in the one above it.
      for (let made = resolve(this.path); ; made = dirname(made)) {
        await syncDirectory(dirname(made));
        if (made === resolve(first) || made === dirname(made)) {
          break;
        }
      }
    }
  }

  async list(): Promise<readonly DirectoryEntry[]> {
    const entries = await ifThere(readdir(this.path, { withFileTypes: true }));
    return (entries ?? []).map((entry) => ({ name: entry.name, kind: kindOf(entry) }));
  }

  async stat(name: string): Promise<EntryStat | undefined> {
    const stat = await ifThere(lstat(this.#pathOf(name)));
    return stat && { kind: kindOf(stat), size: stat.size };
  }

  async open(name: string): Promise<ReadableFile> {
    const path = this.#pathOf(name);
    const handle = await open(path, OPEN_FLAGS);
    try {
      const stat = await handle.stat();
      if (!stat.isFile()) {
        throw new Error(`${path}: is no file.`);
      }
      return new NodeReadableFile(path, handle, stat.size);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async create(name: string): Promise<WritableFile> {
    const path = this.#pathOf(name);
    return new NodeWritableFile(path, await open(path, 'wx'));
  }

  async rename(from: string, to: string): Promise<void> {
    await rename(this.#pathOf(from), this.#pathOf(to));
  }

  async remove(name: string): Promise<void> {
    await rm(this.#pathOf(name), { recursive: true, force: true });
  }

  async sync(): Promise<void> {
    await syncDirectory(this.path);
  }

  checksum(data: Uint8Array | string): string {
    return crc32(data).toString(16).padStart(8, '0');
  }

  isAlive(processId: string): boolean {
    return isAlive(processId);
  }

  openThread(): CheckpointTasks | undefined {
    return openThread(this);
  }

  /** @throws Error If the name is a path, whatever file it comes from. */
  #pathOf(name: string): string {
    if (name === '' || name === '.' || name === '..' || basename(name) !== name) {
      throw new Error(`${this.path}: '${name}' is no name of an entry in it.`);
    }
    return join(this.path, name);
  }
}

class NodeReadableFile implements ReadableFile {
  readonly size: number;
  readonly #path: string;
  readonly #handle: FileHandle;

  constructor(path: string, handle: FileHandle, size: number) {
    this.#path = path;
    this.#handle = handle;
    this.size = size;
  }

  async read(
    length: number,
    buffer: Uint8Array<ArrayBuffer> = new Uint8Array(length),
  ): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = buffer.subarray(0, length);
    for (let at = 0; at < length;) {
      const part = Math.min(length - at, MAX_PART);
      const { bytesRead } = await naming(this.#path, this.#handle.read(bytes, at, part, null));
      if (bytesRead === 0) {
        throw new Error(`${this.#path}: ends early.`);
      }
      at += bytesRead;
    }
    return bytes;
  }

  readText(): Promise<string> {
    return naming(this.#path, this.#handle.readFile('utf8'));
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

class NodeWritableFile implements WritableFile {
  readonly #path: string;
  readonly #handle: FileHandle;

  constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  async write(data: Uint8Array | string): Promise<void> {
    const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
    for (let at = 0; at < bytes.length;) {
      const part = Math.min(bytes.length - at, MAX_PART);
      const { bytesWritten } = await naming(this.#path, this.#handle.write(bytes, at, part, null));
      // A full disk may take a part before it refuses.
      at += bytesWritten;
    }
  }

  async sync(): Promise<void> {
    await naming(this.#path, this.#handle.sync());
  }

  async close(): Promise<void> {
    await naming(this.#path, this.#handle.close());
  }
}

/** Windows opens no directory, and needs no such thing. */
async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') {
    return;
  }
  const handle = await open(path, constants.O_RDONLY);
  try {
    await naming(path, handle.sync());
  } finally {
    await handle.close();
  }
}

interface Kinds {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

function kindOf(entry: Kinds): EntryKind {
  if (entry.isFile()) {
    return 'file';
  }
  if (entry.isDirectory()) {
    return 'directory';
  }
  return entry.isSymbolicLink() ? 'link' : 'other';
}

async function ifThere<T>(result: Promise<T>): Promise<T | undefined> {
  try {
    return await result;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}
