import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { checkpointTasks } from '../../lib/index.js';
import type {
  CheckpointTasks,
  Directory,
  Failure,
  SaveOrder,
  SaveOutcome,
  StateSnapshot,
  StateTensor,
} from '../../lib/index.js';
import { receivedError, sentError } from './checkpoint-messages.js';
import type { ByteRange, Reply, Request, SentError, Target } from './checkpoint-messages.js';
import { writeRange } from './tensor-writer.js';

/**
 * `undefined` where the file of the thread is not beside this one: in a bundle. And under Node's
 * permission model, which a thread would not be held to.
 */
export function openThread(directory: Directory): CheckpointTasks | undefined {
  // ES modules have none; they are for bundlers.
  const file = typeof __dirname === 'string' ? join(__dirname, 'checkpoint-worker.cjs') : '';
  const { permission } = process as { readonly permission?: object };
  return permission === undefined && existsSync(file)
    ? new CheckpointThread(directory, file)
    : undefined;
}

type Answer = Exclude<Reply, ByteRange>;

/**
 * Does the work on one directory in a thread, which is there from the first task until `close`. It
 * keeps the process alive while it works.
 *
 * Each message that is answered here takes a turn of the event loop, which training may not grant
 * for seconds: a save takes two, and one for each file that is to be filled.
 */
class CheckpointThread implements CheckpointTasks {
  readonly #directory: Directory;
  readonly #file: string;
  #worker: Worker | undefined;
  #hasAnswered = false;
  /** Whether no thread could be started: then this one does the work. */
  #isAlone = false;

  constructor(directory: Directory, file: string) {
    this.#directory = directory;
    this.#file = file;
  }

  async acquire(): Promise<void> {
    // The step goes on first.
    await turn();
    const reply = await this.#ask({ kind: 'acquire', target: this.#target }, []);
    if (reply === undefined) {
      await this.#here().acquire();
    } else if (reply.failure !== undefined) {
      throw receivedError(reply.failure);
    }
  }

  async save(snapshot: StateSnapshot, order: SaveOrder): Promise<SaveOutcome> {
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
    const reply = await this.#ask(request, tensors);
    if (reply === undefined) {
      return this.#here().save(snapshot, order);
    }
    const { rotation, failure } = reply as Reply & { readonly kind: 'saved' };
    return { rotation, failure: received(failure), removed: this.#removed() };
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

  async #removed(): Promise<Failure | undefined> {
    try {
      return this.#worker && received((await this.#answer(this.#worker, [])).failure);
    } catch (error) {
      return { error };
    }
  }

  /** @returns `undefined` where no thread can be started. */
  async #ask(request: Request, tensors: readonly StateTensor[]): Promise<Answer | undefined> {
    if (this.#isAlone) {
      return undefined;
    }
    try {
      const worker = (this.#worker ??= this.#start());
      worker.postMessage(request);
      return await this.#answer(worker, tensors);
    } catch (error) {
      if (this.#hasAnswered) {
        throw error;
      }
      this.#isAlone = true;
      return undefined;
    }
  }

  /** Waits for the next answer, and writes tensors until it is there. Fails if the thread dies. */
  #answer(worker: Worker, tensors: readonly StateTensor[]): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const onMessage = (message: Reply): void => {
        this.#hasAnswered = true;
        if (message.kind === 'write') {
          void written(tensors, message).then((answer) => worker.postMessage(answer));
        } else {
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
        worker.off('message', onMessage).off('error', onError).off('exit', onExit);
        worker.unref();
      };
      worker.ref();
      worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    });
  }

  #start(): Worker {
    const worker = new Worker(this.#file, { execArgv: [], name: 'tfjs-hooks checkpoints' });
    // Who waits for it says what is wrong.
    worker.on('error', () => {});
    worker.on('exit', () => {
      if (this.#worker === worker) {
        this.#worker = undefined;
      }
    });
    return worker;
  }
}

function received(error: SentError | undefined): Failure | undefined {
  return error && { error: receivedError(error) };
}

async function written(
  tensors: readonly StateTensor[],
  { path, start, end }: ByteRange,
): Promise<Request> {
  try {
    await writeRange(tensors, start, end, path);
    return { kind: 'written' };
  } catch (error) {
    return { kind: 'written', failure: sentError(error) };
  }
}
