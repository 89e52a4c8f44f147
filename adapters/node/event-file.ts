import { Buffer } from 'node:buffer';
import { closeSync, fstatSync, openSync, readdirSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

import { eventFileName } from './event-file-name.js';
import { makeFolders } from './make-folders.js';
import { versionEvent } from './event-proto.js';
import { RECORD_FRAME, writeRecord } from './tf-record.js';

export interface EventFileOptions {
  readonly maxQueue: number;
  readonly flushSecs: number;
  readonly filenameSuffix: string;
}

/** A new file of records in a directory, and the queue of those that are not in it yet. */
export class EventFile {
  readonly path: string;
  readonly #descriptor: number;
  readonly #flushSecs: number;
  #maxQueue: number;
  #queued = 0;
  /** The queue, from one place in these bytes to another. */
  #bytes: Buffer = Buffer.allocUnsafe(MIN_BYTES);
  #from = 0;
  #to = 0;
  #flushedAt: number = performance.now();
  /** When the file was last seen to be there. */
  #closed = false;

  /** @throws Error naming the path, where no file can be written there. */
  constructor(directory: string, { maxQueue, flushSecs, filenameSuffix }: EventFileOptions) {
    const { path, descriptor } = naming(directory, () => create(directory, filenameSuffix));
    this.path = path;
    this.#descriptor = descriptor;
    this.#maxQueue = maxQueue;
    this.#flushSecs = flushSecs;
    try {
      const event = versionEvent(wallTime());
      this.#enqueue(event, event.length);
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
   * @param length - How many bytes of it to take.
   * @throws Error naming the path, where that fails: the queue, this event in it, is kept.
   */
  append(event: Uint8Array, length: number = event.length): void {
    this.checkOpen();
    this.#enqueue(event, length);
    const now = performance.now();
    if (this.#queued > this.#maxQueue || (now - this.#flushedAt) / 1000 >= this.#flushSecs) {
      this.#flush(now);
    }
  }

  /**
   * Hands the queue to the operating system.
   *
   * @throws Error naming the path, where that fails: what is not written yet stays queued.
   */
  flush(): void {
    this.checkOpen();
    this.#flush(performance.now());
  }

  /** Flushes and closes, even where the flush throws. Does nothing the second time. */
  close(): void {
    if (this.#closed) {
      return;
    }
    try {
      this.flush();
    } finally {
      this.#closed = true;
      this.#bytes = NONE;
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

  #flush(now: number): void {
    try {
      this.#write();
    } catch (error) {
      throw cannotWrite(this.path, error);
    }
    this.#queued = 0;
    this.#flushedAt = now;
  }

  #enqueue(event: Uint8Array, length: number): void {
    const needed = this.#to + length + RECORD_FRAME;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#bytes.length));
      this.#bytes.copy(larger, 0, 0, this.#to);
      this.#bytes = larger;
    }
    this.#to = writeRecord(this.#bytes, this.#to, event, length);
    this.#queued += 1;
  }

  #write(): void {
    if (fstatSync(this.#descriptor).nlink === 0) {
      throw new Error('the file was deleted');
    }
    while (this.#from < this.#to) {
      // At once: when the next write fails, a later one must go on exactly here.
      this.#from += writeSync(this.#descriptor, this.#bytes, this.#from, this.#to - this.#from);
    }
    this.#from = 0;
    this.#to = 0;
    if (this.#bytes.length > MAX_IDLE_BYTES) {
      this.#bytes = Buffer.allocUnsafe(MIN_BYTES);
    }
  }
}

const MIN_BYTES = 4096;
/** What a queue that is empty keeps at most. */
const MAX_IDLE_BYTES = 2 ** 20;
const NONE: Buffer = Buffer.alloc(0);

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
