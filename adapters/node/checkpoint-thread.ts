import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { checkpointTasks } from '../../lib/index.js';
import type {
  CheckpointTasks,
  Directory,
  SaveOrder,
  SaveOutcome,
  StateSnapshot,
  StateTensor,
} from '../../lib/index.js';
import { receivedError, sentError } from './checkpoint-messages.js';
import type { Batch, Reply, Request, Target } from './checkpoint-messages.js';

/** `undefined` where the file of the thread is not beside this one: in a bundle. */
export function openThread(directory: Directory): CheckpointTasks | undefined {
  // ES modules have none; they are for bundlers.
  const file = typeof __dirname === 'string' ? join(__dirname, 'checkpoint-worker.cjs') : '';
  return existsSync(file) ? new CheckpointThread(directory, file) : undefined;
}

/**
 * Does the work on one directory in a thread, which is there from the first task until `close`. It
 * keeps the process alive while it works.
 */
class CheckpointThread implements CheckpointTasks {
  readonly #directory: Directory;
  readonly #file: string;
  #worker: Worker | undefined;
  /** Whether no thread could be started: then this one does the work. */
  #isAlone = false;

  constructor(directory: Directory, file: string) {
    this.#directory = directory;
    this.#file = file;
  }

  async acquire(isOwner: boolean): Promise<void> {
    // The step goes on first.
    await turn();
    await this.#start();
    if (this.#isAlone) {
      await this.#here().acquire(isOwner);
      return;
    }
    const request = { kind: 'acquire', target: this.#target, isOwner } as const;
    const reply = await this.#ask(request, new Feed([]));
    if (reply.failure !== undefined) {
      throw receivedError(reply.failure);
    }
  }

  async save(snapshot: StateSnapshot, order: SaveOrder): Promise<SaveOutcome> {
    if (this.#isAlone) {
      return this.#here().save(snapshot, order);
    }
    const { tensors, model, optimizer } = snapshot;
    const request = {
      kind: 'save',
      target: this.#target,
      order,
      tensors: tensors.map(({ read: _, ...tensor }) => tensor),
      // What a user put there may be more than a message takes.
      model: model && JSON.stringify(model),
      optimizer,
    } as const;
    const feed = new Feed(tensors);
    const { rotation, failure } = (await this.#ask(request, feed)) as Reply & { kind: 'saved' };
    return { rotation, failure: feed.failure ?? (failure && { error: receivedError(failure) }) };
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  get #target(): Target {
    const { path, processId } = this.#directory;
    return { path, processId };
  }

  #here(): CheckpointTasks {
    return checkpointTasks(this.#directory, (seconds) => wait(seconds * 1000));
  }

  async #start(): Promise<void> {
    if (this.#worker !== undefined || this.#isAlone) {
      return;
    }
    try {
      const worker = new Worker(this.#file, { execArgv: [], name: 'tfjs-hooks checkpoints' });
      await until(worker, 'ready');
      // What it waits for from now on says itself what is wrong.
      worker.on('error', () => {});
      worker.on('exit', () => {
        if (this.#worker === worker) {
          this.#worker = undefined;
        }
      });
      this.#worker = worker;
      worker.unref();
    } catch {
      this.#isAlone = true;
    }
  }

  /** Asks for something, and gives tensors until it is done. */
  async #ask(request: Request, feed: Feed): Promise<Reply & { kind: 'acquired' | 'saved' }> {
    await this.#start();
    const worker = this.#worker;
    if (worker === undefined) {
      throw new Error(`${this.#directory.path}: no thread can be started to save checkpoints.`);
    }
    const give = (message: Reply): void => {
      if (message.kind === 'next') {
        void feed.next(message.first, message.buffer).then((batch) => {
          worker.postMessage(batch, [batch.buffer]);
        });
      }
    };
    worker.ref();
    worker.on('message', give);
    try {
      const done = until(worker, request.kind === 'acquire' ? 'acquired' : 'saved');
      worker.postMessage(request);
      return (await done) as Reply & { kind: 'acquired' | 'saved' };
    } finally {
      worker.off('message', give);
      worker.unref();
    }
  }
}

/** Resolves once a thread says this; rejects once it has died. */
function until(worker: Worker, kind: Reply['kind']): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: Reply): void => {
      if (message.kind === kind) {
        off();
        resolve(message);
      }
    };
    const onError = (error: Error): void => {
      off();
      reject(error);
    };
    const onExit = (code: number): void => {
      onError(new Error(`The thread that saves checkpoints ended with code ${code}.`));
    };
    const off = (): void => {
      worker.off('message', onMessage);
      worker.off('error', onError);
      worker.off('exit', onExit);
    };
    worker.on('message', onMessage);
    worker.on('error', onError);
    worker.on('exit', onExit);
  });
}

/** Reads tensors back, one by one, when the thread has room for them. */
class Feed {
  readonly #tensors: readonly StateTensor[];
  /** What was read and had no room. */
  #left: { readonly index: number; readonly bytes: Uint8Array } | undefined;
  /** Why a tensor could not be read. */
  failure: { readonly error: unknown } | undefined;

  constructor(tensors: readonly StateTensor[]) {
    this.#tensors = tensors;
  }

  /** Fills a buffer with tensors from this one on; makes a larger one where it does not fit. */
  async next(first: number, buffer: ArrayBuffer): Promise<Batch> {
    const ends: number[] = [];
    let target = new Uint8Array(buffer);
    let at = 0;
    try {
      for (let i = first; i < this.#tensors.length; i++) {
        const bytes = await this.#read(i);
        if (at + bytes.length > target.length) {
          if (i > first) {
            this.#left = { index: i, bytes };
            break;
          }
          target = new Uint8Array(bytes.length);
        }
        target.set(bytes, at);
        at += bytes.length;
        ends.push(at);
      }
      return { kind: 'batch', buffer: target.buffer, first, ends };
    } catch (error) {
      this.failure = { error };
      return { kind: 'batch', buffer: target.buffer, first, ends: [], failure: sentError(error) };
    }
  }

  async #read(index: number): Promise<Uint8Array> {
    const left = this.#left;
    this.#left = undefined;
    return left?.index === index ? left.bytes : ((await this.#tensors[index]?.read()) ?? EMPTY);
  }
}

const EMPTY = new Uint8Array();
