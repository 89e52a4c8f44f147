import { setTimeout as wait } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { checkpointTasks } from '../../lib/index.js';
import type { CheckpointTasks, Failure, StateSnapshot } from '../../lib/index.js';
import { receivedError, sentError } from './checkpoint-messages.js';
import type { ByteRange, Reply, Request, SentError, Target } from './checkpoint-messages.js';
import { openDirectory } from './directory.js';

/** Does what comes by a port, one thing at a time. */
function serve(port: MessagePort): void {
  const reply = (message: Reply): void => port.postMessage(message);
  let onWritten: (written: Request & { readonly kind: 'written' }) => void = () => {};
  const askFor = (range: ByteRange): Promise<void> => {
    reply(range);
    return new Promise((resolve, reject) => {
      onWritten = ({ failure }) => {
        if (failure === undefined) {
          resolve();
        } else {
          reject(receivedError(failure));
        }
      };
    });
  };
  port.on('message', (request: Request) => {
    switch (request.kind) {
      case 'written':
        onWritten(request);
        break;
      case 'acquire':
        tasks(request.target)
          .acquire()
          .then(
            () => reply({ kind: 'acquired' }),
            (error: unknown) => reply({ kind: 'acquired', failure: sentError(error) }),
          );
        break;
      case 'save':
        void save(request, askFor, reply);
        break;
    }
  });
}

function tasks({ path, processId }: Target): CheckpointTasks {
  return checkpointTasks(openDirectory(path, processId), (seconds) => wait(seconds * 1000));
}

async function save(
  { target, order, tensors, model, optimizer }: Request & { readonly kind: 'save' },
  askFor: (range: ByteRange) => Promise<void>,
  reply: (message: Reply) => void,
): Promise<void> {
  const snapshot: StateSnapshot = {
    tensors: tensors.map((tensor) => ({ ...tensor, read: notHere })),
    model: model === undefined ? undefined : (JSON.parse(model) as StateSnapshot['model']),
    optimizer,
    writeTo: (path, start, end) => askFor({ kind: 'write', path, start, end }),
    dispose: () => {},
  };
  const { rotation, failure, removed } = await tasks(target).save(snapshot, order);
  reply({ kind: 'saved', rotation, failure: sent(failure) });
  reply({ kind: 'removed', failure: sent(await removed) });
}

function sent(failure: Failure | undefined): SentError | undefined {
  return failure && sentError(failure.error);
}

function notHere(): never {
  throw new Error('The tensors are in another thread.');
}

if (parentPort !== null) {
  serve(parentPort);
}
