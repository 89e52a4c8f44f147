import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Worker as Thread } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openDirectory } from '../../adapters/node/directory.js';
import { openCheckpoint, readTensors } from '../../lib/checkpoint-reader.js';
import type {
  CheckpointTasks,
  SaveOrder,
  SaveOutcome,
  StateSnapshot,
  StateTensor,
} from '../../lib/index.js';
import { bundled } from '../support/child.js';
import { onSmallDisk } from '../support/small-disk.js';
import { temporaryDirectory } from '../support/training.js';

const dir = temporaryDirectory();

type Open = (directory: ReturnType<typeof openDirectory>) => CheckpointTasks | undefined;
const require = createRequire(__filename);
const { openThread } = require(bundled('adapters/node/checkpoint-thread.ts')) as {
  openThread: Open;
};
/** The module itself: an import of all of it would be a copy. */
const threads = require('node:worker_threads') as { Worker: typeof Thread };

let thread: CheckpointTasks;

beforeEach(() => {
  thread = openThread(openDirectory(dir())) as CheckpointTasks;
});

afterEach(async () => {
  await thread.close();
});

function tensor(name: string, bytes: Uint8Array, more: Partial<StateTensor> = {}): StateTensor {
  return {
    name,
    dtype: 'bool',
    shape: [bytes.length],
    isPortable: true,
    bytes: bytes.length,
    isInMemory: true,
    read: () => bytes,
    ...more,
  };
}

const pattern = Uint8Array.from({ length: 65_521 }, (_, i) => (i * i * 31 + i) >>> 5);

/** Bytes in no order. */
function random(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += pattern.length) {
    bytes.set(pattern.subarray(0, length - at), at);
  }
  return bytes;
}

let orders = 0;

function order(globalStep: number): SaveOrder {
  orders += 1;
  return {
    base: 'model.ckpt',
    label: { globalStep, epoch: 0, batch: 0, time: 0 },
    savedAt: 0,
    options: { maxToKeep: 5, keepEverySecs: 3600 },
    id: `test-${orders}`,
  };
}

async function save(globalStep: number, ...tensors: readonly StateTensor[]): Promise<SaveOutcome> {
  const snapshot: StateSnapshot = { tensors, dispose: () => {} };
  const outcome = await thread.save(snapshot, order(globalStep));
  expect(await outcome.removed).toBeUndefined();
  return outcome;
}

async function saved(globalStep: number): Promise<Uint8Array[]> {
  const read: Uint8Array[] = [];
  const directory = openDirectory(dir()).child(`model.ckpt-${globalStep}`);
  await readTensors(await openCheckpoint(directory), (bytes) => read.push(bytes));
  return read;
}

/** What is in the directory but the owner's file. */
function names(): readonly string[] {
  return readdirSync(dir()).filter((name) => !name.startsWith('tfjs-hooks.owner-'));
}

describe('A thread that saves checkpoints', () => {
  it.each([
    ['are in memory', true],
    ['are copied from a device', false],
  ])('saves tensors of any length that %s', async (_, isInMemory) => {
    const lengths = [0, 1, 2 ** 20 - 1, 3, 2 ** 20, 2 ** 27, 0, 5, 2 ** 24 + 1];
    const values = lengths.map(random);
    await thread.acquire();
    const outcome = await save(
      7,
      ...values.map((value, i) => tensor(`weight_${i}`, value, { isInMemory })),
    );
    expect(outcome.failure).toBeUndefined();
    expect(outcome.rotation?.entries).toMatchObject([{ name: 'model.ckpt-7', globalStep: 7 }]);
    const read = await saved(7);
    expect(read.map(({ length }) => length)).toEqual(lengths);
    expect(read.every((bytes, i) => Buffer.compare(bytes, values[i] as Uint8Array) === 0)).toBe(
      true,
    );
  });

  it('saves thousands of small tensors, and those that tfjs does not read in a file apart', async () => {
    const values = Array.from({ length: 3000 }, (_, i) => random(i % 700));
    await thread.acquire();
    const tensors = values.map((value, i) =>
      tensor(`weight_${i}`, value, { isPortable: i < 2000 }),
    );
    expect((await save(1, ...tensors)).failure).toBeUndefined();
    expect(readdirSync(`${dir()}/model.ckpt-1`).sort()).toEqual([
      'optimizer.bin',
      'variables.json',
      'weights.bin',
    ]);
    expect(Buffer.concat(await saved(1)).equals(Buffer.concat(values))).toBe(true);
  });

  it('saves tensors that come by promises', async () => {
    await thread.acquire();
    const value = random(2 ** 21);
    const later = (): Promise<Uint8Array> =>
      new Promise((resolve) => {
        setImmediate(() => resolve(value));
      });
    const tensors = [tensor('a', value, { read: later }), tensor('b', value, { read: later })];
    expect((await save(1, ...tensors)).failure).toBeUndefined();
    expect(Buffer.concat(await saved(1)).equals(Buffer.concat([value, value]))).toBe(true);
  });

  it('fails where a tensor cannot be read, leaves nothing, and saves the next', async () => {
    await thread.acquire();
    const broken = tensor('b', random(9), {
      read: () => {
        throw new Error('The device is gone.');
      },
    });
    const { failure } = await save(1, tensor('a', random(2 ** 21)), broken);
    expect(String(failure?.error)).toMatch(/weights\.bin: The device is gone\./);
    expect(names()).toEqual([]);
    expect((await save(2, tensor('a', random(9)))).failure).toBeUndefined();
    expect(names()).toEqual(['checkpoint', 'model.ckpt-2']);
  });

  it('fails where a tensor is shorter than it said', async () => {
    await thread.acquire();
    const { failure } = await save(1, tensor('a', random(9), { bytes: 10, shape: [10] }));
    expect(String(failure?.error)).toMatch(/weights\.bin: ends early/);
    expect(names()).toEqual([]);
  });

  it('fails where the disk is full, and leaves nothing', async () => {
    const disk = join(dir(), 'disk');
    await onSmallDisk(disk, async () => {
      const full = openThread(openDirectory(disk)) as CheckpointTasks;
      await full.acquire();
      const tensors = Array.from({ length: 12 }, (_, i) => tensor(`weight_${i}`, random(100_000)));
      const { failure } = await full.save({ tensors, dispose: () => {} }, order(1));
      expect(String(failure?.error)).toMatch(/disk\/.*weights\.bin: .*ENOSPC/);
      const names = readdirSync(disk);
      expect(names).toEqual([expect.stringMatching(/^tfjs-hooks\.owner-/)]);
      await full.close();
    });
  });

  it('removes what is too many when the next is there already', async () => {
    await thread.acquire();
    const one = { tensors: [tensor('a', random(9))], dispose: () => {} };
    const options = { maxToKeep: 1, keepEverySecs: 3600 };
    const { rotation, removed } = await thread.save(one, { ...order(1), options });
    expect(await removed).toBeUndefined();
    const second = await thread.save(one, { ...order(2), options, before: rotation });
    expect(second.rotation?.entries).toMatchObject([{ globalStep: 2 }]);
    expect(names()).toContain('model.ckpt-2');
    expect(names()).not.toContain('model.ckpt-1');
    expect(await second.removed).toBeUndefined();
    expect(names()).toEqual(['checkpoint', 'model.ckpt-2']);
  });

  it('says what the system says, and where', async () => {
    await thread.acquire();
    const { failure } = await save(1, tensor('a', random(9)));
    expect(failure).toBeUndefined();
    const second = await thread.save(
      { tensors: [tensor('a', random(9))], dispose: () => {} },
      { ...order(2), base: 'no/such' },
    );
    expect(String(second.failure?.error)).toContain('no/such-2');
  });
});

it("is not started under Node's permission model, which it would not be held to", () => {
  Object.defineProperty(process, 'permission', { value: {}, configurable: true });
  try {
    expect(openThread(openDirectory(dir()))).toBeUndefined();
  } finally {
    Reflect.deleteProperty(process, 'permission');
  }
});

describe('A thread that dies', () => {
  const { Worker } = threads;
  let started: Thread[] = [];

  beforeEach(() => {
    started = [];
    const spied = class extends Worker {
      constructor(...args: ConstructorParameters<typeof Worker>) {
        super(...args);
        started.push(this);
      }
    };
    Object.assign(threads, { Worker: spied });
  });

  afterEach(() => {
    Object.assign(threads, { Worker });
  });

  it('fails the save in hand, and the next has a new one', async () => {
    await thread.acquire();
    const last = tensor('a', random(9), {
      read: async () => {
        await started[0]?.terminate();
        return random(9);
      },
    });
    await expect(save(1, last)).rejects.toThrow('The thread that saves checkpoints ended');
    expect((await save(2, tensor('a', random(9)))).failure).toBeUndefined();
    expect(started).toHaveLength(2);
    expect(await saved(2)).toEqual([random(9)]);
  });

  it('is done without where none can be started', async () => {
    const failing = function (): void {
      throw new Error('ERR_ACCESS_DENIED');
    };
    Object.assign(threads, { Worker: failing });
    await thread.acquire();
    expect((await save(1, tensor('a', random(9)))).failure).toBeUndefined();
    expect(await saved(1)).toEqual([random(9)]);
  });

  it('is done without where it dies before it has done anything', async () => {
    const dying = class extends Worker {
      constructor(...args: ConstructorParameters<typeof Worker>) {
        super(...args);
        void this.terminate();
      }
    };
    Object.assign(threads, { Worker: dying });
    await thread.acquire();
    expect((await save(1, tensor('a', random(9)))).failure).toBeUndefined();
    expect(await saved(1)).toEqual([random(9)]);
  });
});
