import { setTimeout as wait } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { checkpointTasks } from '../../lib/index.js';
import type { CheckpointTasks, StateSnapshot } from '../../lib/index.js';
import { receivedError, sentError } from './checkpoint-messages.js';
import type { Batch, Reply, Request, SentTensor, Target } from './checkpoint-messages.js';
import { openDirectory } from './directory.js';

/** Small tensors come together. */
const MIN_BUFFER_BYTES = 2 ** 24;

/** Does what comes by a port, one thing at a time. */
function serve(port: MessagePort): void {
  const reply = (message: Reply): void => port.postMessage(message);
  let take: (batch: Batch) => void = () => {};
  const next = (first: number, buffer: ArrayBuffer): Promise<Batch> => {
    port.postMessage({ kind: 'next', first, buffer } satisfies Reply, [buffer]);
    return new Promise((resolve) => {
      take = resolve;
    });
  };
  port.on('message', (request: Request) => {
    switch (request.kind) {
      case 'batch':
        take(request);
        break;
      case 'acquire':
        tasks(request.target)
          .acquire(request.isOwner)
          .then(
            () => reply({ kind: 'acquired' }),
            (error: unknown) => reply({ kind: 'acquired', failure: sentError(error) }),
          );
        break;
      case 'save':
        void save(request, next).then(reply);
        break;
    }
  });
  reply({ kind: 'ready' });
}

function tasks({ path, processId }: Target): CheckpointTasks {
  return checkpointTasks(openDirectory(path, processId), (seconds) => wait(seconds * 1000));
}

async function save(
  { target, order, tensors, model, optimizer }: Request & { readonly kind: 'save' },
  next: (first: number, buffer: ArrayBuffer) => Promise<Batch>,
): Promise<Reply> {
  const bytes = new Batches(tensors, next);
  const snapshot: StateSnapshot = {
    tensors: tensors.map((tensor, i) => ({ ...tensor, read: () => bytes.read(i) })),
    model: model === undefined ? undefined : (JSON.parse(model) as StateSnapshot['model']),
    optimizer,
    dispose: () => {},
  };
  const { rotation, failure } = await tasks(target).save(snapshot, order);
  return { kind: 'saved', rotation, failure: failure && sentError(failure.error) };
}

/** The tensors as they come: the program fills one buffer again and again. */
class Batches {
  readonly #next: (first: number, buffer: ArrayBuffer) => Promise<Batch>;
  #batch: Batch;

  constructor(
    tensors: readonly SentTensor[],
    next: (first: number, buffer: ArrayBuffer) => Promise<Batch>,
  ) {
    this.#next = next;
    // Makes the memory real: it takes time, which the program should not lose.
    const bytes = new Uint8Array(bufferBytes(tensors)).fill(1);
    this.#batch = { kind: 'batch', buffer: bytes.buffer, first: 0, ends: [] };
  }

  /** The bytes of a tensor, until another is read. */
  async read(i: number): Promise<Uint8Array> {
    const { first, ends } = this.#batch;
    if (i < first || i >= first + ends.length) {
      this.#batch = await this.#next(i, this.#batch.buffer);
      if (this.#batch.failure !== undefined) {
        throw receivedError(this.#batch.failure);
      }
    }
    const batch = this.#batch;
    const at = i - batch.first;
    const start = batch.ends[at - 1] ?? 0;
    return new Uint8Array(batch.buffer, start, (batch.ends[at] ?? start) - start);
  }
}

/** Of the largest tensor, or of all where they are small. Strings may need more. */
function bufferBytes(tensors: readonly SentTensor[]): number {
  const sizes = tensors.map(({ dtype, shape }) =>
    shape.reduce((product, length) => product * length, dtype === 'bool' ? 1 : 4),
  );
  const all = sizes.reduce((sum, size) => sum + size, 0);
  return Math.max(Math.min(all, MIN_BUFFER_BYTES), ...sizes);
}

if (parentPort !== null) {
  serve(parentPort);
}
