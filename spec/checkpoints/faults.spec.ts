import { describe, expect, it } from '@jest/globals';
import { newestCheckpoint, restoreLatest, Saver, wholeCheckpoints } from '../../lib/index.js';
import type { Directory } from '../../lib/index.js';
import { checkpointRun } from '../support/checkpoint-run.js';
import type { CheckpointRun } from '../support/checkpoint-run.js';
import { MemoryDisk } from '../support/memory-directory.js';

/** What was saved last and acknowledged, and what may have been saved since. */
interface Expectation {
  acknowledged: readonly number[];
  underWay: readonly number[];
}

interface Scenario {
  readonly title: string;
  act(run: CheckpointRun, saver: Saver, expectation: Expectation, disk: MemoryDisk): Promise<void>;
}

const scenarios: readonly Scenario[] = [
  {
    title: 'saving a new step and deleting the oldest',
    act: (run, saver, expectation) => save(run, saver, expectation, 3, 0),
  },
  {
    title: 'saving tensors that another thread writes',
    act: (run, saver, expectation, disk) => {
      run.state.write = (path, bytes) => disk.write(path, bytes);
      return save(run, saver, expectation, 3, 0);
    },
  },
  {
    title: 'saving a step that is there',
    act: (run, saver, expectation) => save(run, saver, expectation, 2, 1),
  },
  {
    title: 'keeping one for good',
    act: (run, saver, expectation) => {
      run.now += 10 * 3600;
      return save(run, saver, expectation, 3, 0);
    },
  },
  {
    title: 'updating the place in the epochs',
    act: async (run, saver) => {
      run.progress = { epoch: 1, batch: 0 };
      await saver.updateProgress(run.session);
    },
  },
];

async function save(
  run: CheckpointRun,
  saver: Saver,
  expectation: Expectation,
  step: number,
  attempt: number,
): Promise<void> {
  await run.goTo(step);
  run.state.values[1] = attempt;
  expectation.underWay = [step, attempt];
  await saver.save(run.session, 'run/model.ckpt', step);
  expectation.acknowledged = [step, attempt];
}

/** Two checkpoints, and a process that saves on. */
async function prepared(disk: MemoryDisk): Promise<[CheckpointRun, Saver, Expectation]> {
  const run = checkpointRun((path) => disk.open(path));
  const saver = new Saver({ maxToKeep: 2, keepCheckpointEveryNHours: 1 });
  const expectation = { acknowledged: [], underWay: [] };
  await save(run, saver, expectation, 1, 0);
  run.now += 2 * 3600;
  await save(run, saver, expectation, 2, 0);
  return [run, saver, expectation];
}

async function restored(directory: Directory): Promise<readonly number[]> {
  const run = checkpointRun((path) => directory.child(path));
  await restoreLatest(run.session, directory);
  expect(run.globalStep.value).toBe(run.state.values[0]);
  return run.state.values;
}

/** Fails the n-th operation from now on: once, or it and all that follow. */
function failAt(disk: MemoryDisk, n: number, how: 'once' | 'for good'): () => number {
  let count = 0;
  disk.onOperation = (operation) => {
    count += 1;
    if (count === n || (count > n && how === 'for good')) {
      throw new Error(`EIO: ${operation}`);
    }
  };
  return () => count;
}

const MAX_OPERATIONS = 200;

describe.each(scenarios)('A checkpoint directory, $title,', ({ act }) => {
  it.each(['as it is', 'after a loss of power'] as const)(
    'is whole when the process is killed at any operation, %s',
    async (when) => {
      for (let n = 1; ; n++) {
        expect(n).toBeLessThan(MAX_OPERATIONS);
        const disk = new MemoryDisk();
        const [run, saver, expectation] = await prepared(disk);
        const operations = failAt(disk, n, 'for good');
        await act(run, saver, expectation, disk).catch(() => {});
        const isOver = operations() < n;
        disk.onOperation = () => {};
        if (when !== 'as it is') {
          disk.crash();
        }
        disk.alive.clear();

        const directory = disk.open('run', 'two');
        expect([expectation.acknowledged, expectation.underWay]).toContainEqual(
          await restored(directory),
        );

        const next = checkpointRun((path) => disk.open(path, 'two'));
        await restoreLatest(next.session, directory);
        await next.goTo(4);
        const nextSaver = new Saver({ maxToKeep: 2 });
        await nextSaver.save(next.session, 'run/model.ckpt', 4);
        await nextSaver.settle();
        const names = (await directory.list()).map(({ name }) => name);
        const odd = names.filter((name) => !/^(checkpoint|model\.ckpt-\d)$/.test(name));
        expect(odd).toEqual([]);
        if (isOver) {
          return;
        }
      }
    },
  );

  it('is whole and clean when any operation fails once, and the next save succeeds', async () => {
    for (let n = 1; ; n++) {
      expect(n).toBeLessThan(MAX_OPERATIONS);
      const disk = new MemoryDisk();
      const [run, saver, expectation] = await prepared(disk);
      const operations = failAt(disk, n, 'once');
      await act(run, saver, expectation, disk).catch(() => {});
      const isOver = operations() < n;
      disk.onOperation = () => {};

      const directory = disk.open('run', 'two');
      expect([expectation.acknowledged, expectation.underWay]).toContainEqual(
        await restored(directory),
      );

      await run.goTo(5);
      await saver.save(run.session, 'run/model.ckpt', 5);
      expect(await newestCheckpoint(directory)).toMatchObject({ globalStep: 5 });
      if (isOver) {
        return;
      }
    }
  });
});

describe('A checkpoint directory that is read', () => {
  it('gives a whole checkpoint or fails, whichever operation fails', async () => {
    for (let n = 1; ; n++) {
      expect(n).toBeLessThan(MAX_OPERATIONS);
      const disk = new MemoryDisk();
      await prepared(disk);
      const operations = failAt(disk, n, 'once');
      const run = checkpointRun((path) => disk.open(path));
      run.state.values = [7, 7];
      try {
        await restoreLatest(run.session, disk.open('run'));
        expect([
          [1, 0],
          [2, 0],
        ]).toContainEqual(run.state.values);
      } catch (error) {
        expect(String(error)).toMatch(/EIO/);
        expect(run.state.values).toEqual([7, 7]);
      }
      if (operations() < n) {
        return;
      }
    }
  });
});

describe('A checkpoint', () => {
  it('is passed over when any byte of any file of it has changed', async () => {
    const reference = new MemoryDisk();
    await prepared(reference);
    for (const file of reference.filesIn('run/model.ckpt-2')) {
      const { length } = reference.read(file);
      for (let at = 0; at < length; at += 1 + Math.floor(length / 40)) {
        const disk = new MemoryDisk();
        await prepared(disk);
        disk.damage(file, (data) => {
          data[at] = (data[at] as number) ^ 4;
          return data;
        });

        expect(await restored(disk.open('run'))).toEqual([1, 0]);
        expect((await wholeCheckpoints(disk.open('run'))).map(({ path }) => path)).toEqual([
          'run/model.ckpt-1',
        ]);
      }
    }
  });

  it('is passed over when any file of it is cut anywhere', async () => {
    const reference = new MemoryDisk();
    await prepared(reference);
    for (const file of reference.filesIn('run/model.ckpt-2')) {
      const { length } = reference.read(file);
      for (let at = 0; at < length; at += 1 + Math.floor(length / 40)) {
        const disk = new MemoryDisk();
        await prepared(disk);
        disk.damage(file, (data) => data.subarray(0, at));

        expect(await restored(disk.open('run'))).toEqual([1, 0]);
      }
    }
  });
});
