import { closeSync, fstatSync, openSync, readdirSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

import { eventFileName } from './event-file-name.js';
import { makeFolders } from './make-folders.js';
import { versionEvent } from './event-proto.js';
import { RecordQueue } from './record-queue.js';

export interface EventFileOptions {
  readonly maxQueue: number;
  readonly flushSecs: number;
  readonly filenameSuffix: string;
}

/** A new file of records in a directory, and the queue of those that are not in it yet. */
export class EventFile {
  readonly path: string;
  readonly queue: RecordQueue = new RecordQueue();
  readonly #descriptor: number;
  readonly #flushSecs: number;
  readonly #write: (bytes: Uint8Array, from: number, length: number) => number;
  #maxQueue: number;
  #flushedAt = 0;
  /** When the file was last seen to be there. */
  #seenAt = -Infinity;
  /** The millisecond in which the queue was last seen not to be old. */
  #youngAt = Number.NaN;
  #closed = false;

  /** @throws Error naming the path, where no file can be written there. */
  constructor(directory: string, { maxQueue, flushSecs, filenameSuffix }: EventFileOptions) {
    const { path, descriptor } = naming(directory, () => create(directory, filenameSuffix));
    this.path = path;
    this.#descriptor = descriptor;
    this.#write = (bytes, from, length) => writeSync(descriptor, bytes, from, length);
    this.#maxQueue = flushSecs === 0 ? 0 : maxQueue;
    this.#flushSecs = flushSecs;
    try {
      this.queue.add(versionEvent(wallTime()));
      this.flush();
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
    writtenAtExit.add(this);
  }

  /** @throws Error naming the path, where the file was closed. */
  checkOpen(): void {
    if (this.#closed) {
      throw new Error(`eventFileWriter: ${this.path} is closed.`);
    }
  }

  /**
   * Queues an event, and writes the queue where it is long or old enough.
   *
   * @throws Error naming the path, where that fails: the queue, this event in it, is kept.
   */
  append(event: Uint8Array): void {
    this.checkOpen();
    this.queue.add(event);
    this.writeWhereDue(Date.now());
  }

  /**
   * Writes the queue where it is long or old enough: what `append` does behind a record.
   *
   * @param milliseconds - Since 1970.
   */
  writeWhereDue(milliseconds: number): void {
    if (this.queue.count > this.#maxQueue || this.#isOld(milliseconds)) {
      this.flush();
    }
  }

  /**
   * Hands the queue to the operating system.
   *
   * @throws Error naming the path, where that fails: what is not written yet stays queued.
   */
  flush(): void {
    this.checkOpen();
    const now = performance.now();
    try {
      if (now - this.#seenAt >= MILLISECONDS_BETWEEN_LOOKS) {
        if (fstatSync(this.#descriptor).nlink === 0) {
          throw new Error('the file was deleted');
        }
        this.#seenAt = now;
      }
      this.queue.drain(this.#write);
    } catch (error) {
      throw cannotWrite(this.path, error);
    }
    this.#flushedAt = now;
  }

  /** Flushes and closes, even where the flush throws. Does nothing the second time. */
  close(): void {
    if (this.#closed) {
      return;
    }
    try {
      this.#seenAt = -Infinity;
      this.flush();
    } finally {
      this.#closed = true;
      this.queue.free();
      writtenAtExit.delete(this);
      closeSync(this.#descriptor);
    }
  }

  /** Writes what it can, and from now on each event at once: other exit listeners may follow. */
  writeAtExit(): void {
    this.#maxQueue = 0;
    try {
      this.flush();
    } catch {
      // The exit code is the program's, and there is nobody left to tell.
    }
  }

  /** To look at the monotonic clock takes a quarter of an event's time: once a millisecond will do. */
  #isOld(milliseconds: number): boolean {
    if (milliseconds === this.#youngAt) {
      return false;
    }
    if ((performance.now() - this.#flushedAt) / 1000 >= this.#flushSecs) {
      return true;
    }
    this.#youngAt = milliseconds;
    return false;
  }
}

/**
 * A look takes longer than to write a short queue. When a file is deleted all that was flushed before
 * is lost; what matters is that it is said soon, and before the file is closed.
 */
const MILLISECONDS_BETWEEN_LOOKS = 10;

/** Seconds since 1970. */
export function wallTime(): number {
  return Date.now() / 1000;
}

/** The open files of this process, with one listener for all: many would make Node warn. */
const writtenAtExit = {
  files: new Set<EventFile>(),
  listener: (): void => writtenAtExit.files.forEach((file) => file.writeAtExit()),

  add(file: EventFile): void {
    if (this.files.size === 0) {
      process.on('exit', this.listener);
    }
    this.files.add(file);
  },

  delete(file: EventFile): void {
    this.files.delete(file);
    if (this.files.size === 0) {
      process.off('exit', this.listener);
    }
  },
};

/** How many event files this process has named, so that no two names are the same. */
let named = 0;

function create(directory: string, suffix: string): { path: string; descriptor: number } {
  makeFolders(directory);
  const host = hostname().replace(/[^\w.-]+/g, '-') || 'localhost';
  for (;;) {
    const rest = `${host}.${process.pid}.${named++}.v2${suffix}`;
    const path = join(directory, eventFileName(readdirSync(directory), wallTime(), rest));
    try {
      return { path, descriptor: openSync(path, 'wx') };
    } catch (error) {
      // Another process, of the same number on a host of the same name, was faster.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
        throw error;
      }
    }
  }
}

/** Names the path in what `work` throws, which the system's errors do not all do. */
function naming<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw cannotWrite(path, cause);
  }
}

function cannotWrite(path: string, cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new Error(`eventFileWriter: cannot write ${path}: ${reason}`, { cause });
}
