import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  infoOf,
  newestCheckpoint,
  restoreLatest,
  Saver,
  wholeCheckpoints,
} from '../../lib/index.js';
import type { Directory, SaverOptions } from '../../lib/index.js';
import { checkpointRun } from '../support/checkpoint-run.js';
import type { CheckpointRun } from '../support/checkpoint-run.js';
import { MemoryDisk } from '../support/memory-directory.js';
import {
  itRefuses,
  notBooleans,
  notNames,
  notOptions,
  wrong,
} from '../support/rejected-options.js';

let disk: MemoryDisk;
let processes: number;

beforeEach(() => {
  disk = new MemoryDisk();
  processes = 0;
});

/** A process that saves, and restores first where it is told to. */
class Process {
  readonly run: CheckpointRun;
  readonly saver: Saver;
  readonly #id: string;

  constructor(options: SaverOptions = {}) {
    this.#id = `p${++processes}`;
    this.run = checkpointRun((path) => disk.open(path, this.#id));
    this.saver = new Saver(options);
  }

  async restore(): Promise<this> {
    await restoreLatest(this.run.session, disk.open('run', this.#id));
    return this;
  }

  async save(...steps: readonly number[]): Promise<void> {
    for (const step of steps) {
      await this.run.goTo(step);
      await this.saver.save(this.run.session, 'run/model.ckpt', step);
    }
  }

  /** In order, or killed. */
  async end(): Promise<void> {
    await this.saver.settle();
  }
}

async function kept(): Promise<readonly number[]> {
  return (await wholeCheckpoints(directory())).map(({ globalStep }) => globalStep);
}

function directory(): Directory {
  return disk.open('run', 'reader');
}

async function names(): Promise<readonly string[]> {
  return (await directory().list()).map(({ name }) => name).sort();
}

describe('Saver', () => {
  it('keeps the newest five', async () => {
    const process = new Process();
    await process.save(1, 2, 3, 4, 5, 6, 7);
    expect(await kept()).toEqual([3, 4, 5, 6, 7]);
  });

  it('does not wait until what is too many is gone from the disk, but for the last', async () => {
    const process = new Process({ maxToKeep: 1 });
    let removed = 0;
    const open = disk.open.bind(disk);
    disk.open = (path, id) => {
      const directory = open(path, id);
      const remove = directory.remove.bind(directory);
      directory.remove = async (name) => {
        await new Promise(setImmediate);
        await remove(name);
        removed += 1;
      };
      return directory;
    };
    await process.save(1, 2);
    expect(removed).toBe(0);
    expect(await kept()).toEqual([2]);
    expect(await names()).toContainEqual(expect.stringMatching(/^tfjs-hooks\.old-/));
    await process.save(3);
    await process.end();
    expect(await names()).toEqual(['checkpoint', 'model.ckpt-3']);
  });

  it('warns where what is too many cannot be removed, and goes on', async () => {
    const process = new Process({ maxToKeep: 1 });
    await process.save(1);
    disk.onOperation = (operation) => {
      if (operation.startsWith('remove')) {
        throw new Error(`EBUSY: ${operation}`);
      }
    };
    await process.save(2, 3);
    disk.onOperation = () => {};
    await process.save(4);
    await process.end();
    const warning = 'A checkpoint that is too many cannot be removed from run: EBUSY: remove run';
    expect(process.run.warnings).toEqual([warning, warning]);
    expect(await kept()).toEqual([4]);
    const next = await new Process().restore();
    await next.save(5);
    await next.end();
    expect(await names()).toEqual(['checkpoint', 'model.ckpt-4', 'model.ckpt-5']);
  });

  it('saves where what another process left cannot be removed, nor be warned of', async () => {
    disk.onOperation = (operation) => {
      if (operation.startsWith('remove')) {
        throw new Error('EACCES');
      }
    };
    const first = new Process({ maxToKeep: 1 });
    first.run.session.logger.warn = () => {
      throw new Error('The log is closed.');
    };
    await first.save(1, 2, 3);
    await expect(first.end()).rejects.toThrow('EACCES');
    disk.alive.clear();
    const isHidden = (name: string): boolean => name.startsWith('tfjs-hooks.old-');
    expect((await names()).filter(isHidden)).toHaveLength(2);
    let removals = 0;
    disk.onOperation = (operation) => {
      // The first is of the owner that died.
      if (operation === 'remove run' && ++removals > 1) {
        throw new Error('EACCES');
      }
    };
    const next = await new Process().restore();
    await next.save(4);
    expect(await kept()).toEqual([3, 4]);
  });

  it('gives up the directories of the run that ends, not those of another', async () => {
    const saver = new Saver();
    const runs = ['a', 'b'].map((dir) => ({
      run: checkpointRun((path) => disk.open(path)),
      path: `${dir}/model.ckpt`,
    }));
    for (const { run, path } of runs) {
      await saver.save(run.session, path, 1);
    }
    const owners = async (dir: string): Promise<number> =>
      (await disk.open(dir, 'reader').list()).filter(({ name }) => /owner/.test(name)).length;
    await saver.settle(runs[0]?.run.session);
    expect([await owners('a'), await owners('b')]).toEqual([0, 1]);
    await saver.settle();
    expect([await owners('a'), await owners('b')]).toEqual([0, 0]);
  });

  it.each([0, null])('keeps all where maxToKeep is %s', async (maxToKeep) => {
    await new Process({ maxToKeep }).save(1, 2, 3, 4, 5, 6, 7);
    expect(await kept()).toHaveLength(7);
  });

  it('gives the path of the checkpoint', async () => {
    const { run, saver } = new Process();
    expect(await saver.save(run.session, 'run/model.ckpt', 5)).toBe('run/model.ckpt-5');
    expect(await saver.save(run.session, 'model.ckpt', 5)).toBe('model.ckpt-5');
    expect(await infoOf(disk.open('./model.ckpt-5'))).toMatchObject({ globalStep: 5 });
  });

  it('replaces a checkpoint of the same step', async () => {
    const { run, saver } = new Process();
    await saver.save(run.session, 'run/model.ckpt', 5);
    run.state.values = [8, 9];
    await saver.save(run.session, 'run/model.ckpt', 5);
    run.state.values = [0, 0];
    await saver.restore(run.session, 'run/model.ckpt-5');
    expect(run.state.values).toEqual([8, 9]);
    expect(disk.filesIn('run/model.ckpt-5')).toHaveLength(2);
  });

  it('counts on from a restored checkpoint, after a kill too', async () => {
    await new Process({ maxToKeep: 3 }).save(1, 2, 3);
    disk.alive.clear();
    const next = await new Process({ maxToKeep: 3 }).restore();
    await next.save(3, 4);
    expect(await kept()).toEqual([2, 3, 4]);
  });

  it('counts only its own where it did not restore', async () => {
    const first = new Process();
    await first.save(100, 200);
    await first.end();
    await new Process({ maxToKeep: 2 }).save(1, 2, 3);
    expect(await kept()).toEqual([2, 3, 100, 200]);
  });

  it('counts on where the same saver saves in a later run that goes on', async () => {
    const process = new Process({ maxToKeep: 2 });
    await process.save(1, 2);
    const later = checkpointRun((path) => disk.open(path, 'p1'));
    await later.goTo(3);
    await process.saver.save(later.session, 'run/model.ckpt', 3);
    expect(await kept()).toEqual([2, 3]);
  });

  it('leaves checkpoints of another name alone', async () => {
    const { run, saver } = new Process({ maxToKeep: 1 });
    await saver.save(run.session, 'run/best', 1);
    await saver.save(run.session, 'run/model.ckpt', 2);
    await saver.save(run.session, 'run/model.ckpt', 3);
    expect(await kept()).toEqual([1, 3]);
  });

  it('keeps one for good every so many hours', async () => {
    const process = new Process({ maxToKeep: 1, keepCheckpointEveryNHours: 1 });
    for (let step = 1; step <= 10; step++) {
      await process.save(step);
      process.run.now += 1000;
    }
    // Saved at 0, 1000, ..., 9000 seconds; kept where it was later than 3600, then 7200.
    expect(await kept()).toEqual([5, 9, 10]);
  });

  it.each([
    ['', () => {}],
    [' though the state file is lost', () => disk.damage('run/checkpoint', () => Buffer.alloc(0))],
  ])('keeps it over restarts%s', async (_, damage) => {
    for (let step = 1; step <= 10; step++) {
      const process = await new Process({ maxToKeep: 1, keepCheckpointEveryNHours: 1 }).restore();
      process.run.now += step * 1000;
      await process.save(step);
      await process.end();
      damage();
    }
    expect(await kept()).toEqual([5, 9, 10]);
  });

  it('deletes nothing from before the clock was set back', async () => {
    const process = new Process({ maxToKeep: 2, keepCheckpointEveryNHours: 1 });
    process.run.now = 1e9;
    await process.save(1, 2);
    const next = await new Process({ maxToKeep: 2, keepCheckpointEveryNHours: 1 }).restore();
    disk.alive.delete('p1');
    next.run.now = 1000;
    await next.save(3, 4, 5, 6);
    expect(await kept()).toEqual([1, 2, 5, 6]);
  });

  it.each<[string, (data: Buffer) => Buffer]>([
    ['empty', () => Buffer.alloc(0)],
    ['cut', (data) => data.subarray(0, 40)],
    ['garbage', () => Buffer.from([0xff, 0, 0x7b])],
    ['of a newer format', (data) => Buffer.from(data.toString().replace('1', '9'))],
    [
      'changed by a bit',
      (data) => Buffer.from(data.toString().replace('model.ckpt-2', '../../../x')),
    ],
  ])('builds its state file anew where it is %s', async (_, change) => {
    const first = new Process({ maxToKeep: 3 });
    await first.save(1, 2, 3);
    await first.end();
    disk.damage('run/checkpoint', change);
    const next = await new Process({ maxToKeep: 3 }).restore();
    expect(next.run.globalStep.value).toBe(3);
    await next.save(4);
    expect(await kept()).toEqual([2, 3, 4]);
    expect(disk.read('run/checkpoint').toString()).toMatch(/"latest":"model.ckpt-4"/);
  });

  it('goes on where checkpoints were deleted by hand', async () => {
    const process = new Process({ maxToKeep: 2 });
    await process.save(1, 2);
    await directory().remove('model.ckpt-1');
    await process.save(3, 4);
    expect(await kept()).toEqual([3, 4]);
  });

  it('brings the place in the epochs up to date, once a checkpoint is of this step', async () => {
    const { run, saver } = new Process();
    await run.goTo(3);
    run.progress = { epoch: 0, batch: 3 };
    await saver.save(run.session, 'run/model.ckpt', 3);
    run.progress = { epoch: 1, batch: 0 };
    await saver.updateProgress(run.session);
    expect(await newestCheckpoint(directory())).toMatchObject({ epoch: 1, batch: 0 });

    await run.goTo(4);
    run.progress = { epoch: 2, batch: 0 };
    await saver.updateProgress(run.session);
    expect(await newestCheckpoint(directory())).toMatchObject({ epoch: 1, batch: 0 });
  });

  it('leaves nothing behind but checkpoints and the state file', async () => {
    const process = new Process();
    await process.save(1, 2);
    expect(await names()).toEqual([
      'checkpoint',
      'model.ckpt-1',
      'model.ckpt-2',
      'tfjs-hooks.owner-p1',
    ]);
    await process.end();
    expect(await names()).toEqual(['checkpoint', 'model.ckpt-1', 'model.ckpt-2']);
  });

  it('saves in a directory that was deleted meanwhile', async () => {
    const process = new Process();
    await process.save(1);
    await disk.open('.').list();
    disk.root.entries.delete('run');
    await process.save(2);
    expect(await kept()).toEqual([2]);
  });

  it('sweeps what a killed process left, and nothing else', async () => {
    await disk.open('run/tfjs-hooks.tmp-dead-1').make();
    await disk.open('run/tfjs-hooks.old-dead-2').make();
    await disk.open('run/tmp-mine').make();
    await new Process().save(1);
    expect(await names()).toEqual([
      'checkpoint',
      'model.ckpt-1',
      'tfjs-hooks.owner-p1',
      'tmp-mine',
    ]);
  });

  it('refuses a directory in which a living process saves, and takes over that of a dead one', async () => {
    await new Process().save(1);
    const second = new Process();
    await expect(second.save(2)).rejects.toThrow(
      /^run: another process writes checkpoints there; its file is run\/tfjs-hooks\.owner-p1\.$/,
    );
    expect(await kept()).toEqual([1]);
    disk.alive.delete('p1');
    await second.save(2);
    expect(await names()).toContain('tfjs-hooks.owner-p2');
    expect(await names()).not.toContain('tfjs-hooks.owner-p1');
  });

  it.each([
    ['here', () => {}],
    ['on another machine, which seems dead from here', () => disk.alive.delete('p2')],
  ])('gives up where its directory was taken over %s', async (_, change) => {
    const first = new Process();
    await first.save(1);
    disk.alive.delete('p1');
    await new Process().save(2);
    disk.alive.add('p1');
    change();
    await expect(first.save(3)).rejects.toThrow(
      'run: another process has taken the directory over; its file is run/tfjs-hooks.owner-p2.',
    );
    expect(await kept()).toEqual([1, 2]);
  });

  it('lets one of two that start at once go on', async () => {
    const two = [new Process(), new Process(), new Process()];
    const results = await Promise.allSettled(two.map((process) => process.save(1)));
    expect(results.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(1);
    expect((await names()).filter((name) => name.includes('owner')).length).toBeLessThanOrEqual(1);
  });

  it('refuses to write over what is no directory', async () => {
    const process = new Process();
    await process.save(1);
    await (await directory().create('model.ckpt-2')).close();
    await expect(process.save(2)).rejects.toThrow('run/model.ckpt-2: is in the way');
  });

  it('saves one after another where it is not waited for', async () => {
    const { run, saver } = new Process({ maxToKeep: 2 });
    await Promise.all([1, 2, 3].map((step) => saver.save(run.session, 'run/model.ckpt', step)));
    expect(await kept()).toEqual([2, 3]);
  });

  it('never goes back with a step that others share', async () => {
    const first = new Process();
    await first.save(5);
    await first.end();
    const { run, saver } = new Process();
    Object.defineProperty(run.globalStep, 'restore', { value: undefined });
    run.globalStep.increment(3);
    await saver.restore(run.session, 'run/model.ckpt-5');
    expect(run.globalStep.value).toBe(5);
    run.globalStep.increment(10);
    await saver.restore(run.session, 'run/model.ckpt-5');
    expect(run.globalStep.value).toBe(15);
  });
});

describe('Saver in the background', () => {
  it('saves the state at the step, and goes on meanwhile', async () => {
    const { run, saver } = new Process({ background: true });
    let operations = 0;
    disk.onOperation = () => {
      operations += 1;
    };
    run.state.values = [1, 1];
    await saver.save(run.session, 'run/model.ckpt', 1);
    run.state.values = [2, 2];
    expect(operations).toBeLessThan(3);
    await saver.settle();

    await saver.restore(run.session, 'run/model.ckpt-1');
    expect(run.state.values).toEqual([1, 1]);
  });

  it('waits for the one under way', async () => {
    const { run, saver } = new Process({ background: true });
    await saver.save(run.session, 'run/model.ckpt', 1);
    await saver.save(run.session, 'run/model.ckpt', 2);
    expect(await kept()).toContain(1);
    await saver.settle();
    expect(await kept()).toEqual([1, 2]);
  });

  it('brings the place in the epochs up to date, behind the one under way', async () => {
    const { run, saver } = new Process({ background: true });
    await run.goTo(3);
    run.progress = { epoch: 0, batch: 3 };
    await saver.save(run.session, 'run/model.ckpt', 3);
    run.progress = { epoch: 1, batch: 0 };
    await saver.updateProgress(run.session);
    await saver.settle();
    expect(await newestCheckpoint(directory())).toMatchObject({ epoch: 1, batch: 0 });
  });

  it('fails in the next call, and at the end', async () => {
    const { run, saver } = new Process({ background: true });
    const fail = (operation: string): void => {
      if (operation.startsWith('write')) {
        throw new Error('ENOSPC');
      }
    };
    disk.onOperation = fail;
    await saver.save(run.session, 'run/model.ckpt', 1);
    await expect(saver.save(run.session, 'run/model.ckpt', 2)).rejects.toThrow('ENOSPC');
    await saver.save(run.session, 'run/model.ckpt', 3);
    await expect(saver.settle()).rejects.toThrow('ENOSPC');
    disk.onOperation = () => {};
    expect(await names()).toEqual([]);
  });
});

describe('Saver refuses', () => {
  itRefuses(
    (options) => new Saver(options),
    wrong('Saver', 'maxToKeep', 'a non-negative integer or null', [
      [-1, '-1'],
      [2.5, '2.5'],
      ['5', '"5"'],
    ]),
    wrong('Saver', 'keepCheckpointEveryNHours', 'a positive number of hours', [
      [0, '0'],
      [-1, '-1'],
      [NaN, 'NaN'],
    ]),
    wrong('Saver', 'includeOptimizer', 'a boolean', notBooleans),
    wrong('Saver', 'background', 'a boolean', notBooleans),
    notOptions('Saver', 'maxToKeep, keepCheckpointEveryNHours, includeOptimizer, background'),
  );

  it.each(notNames)('the path %p', async (path, shown) => {
    const { run, saver } = new Process();
    await expect(saver.save(run.session, path as string, 1)).rejects.toThrow(
      `Saver: 'path' must be that of a checkpoint, 'run/model.ckpt', but got ${shown}.`,
    );
  });

  it.each([-1, 1.5, '7'])('the step %p', async (step) => {
    const { run, saver } = new Process();
    await expect(saver.save(run.session, 'run/m', step as number)).rejects.toThrow(
      "Saver: 'globalStep' must be a non-negative integer",
    );
  });

  it('a name of its own', async () => {
    const { run, saver } = new Process();
    await expect(saver.save(run.session, 'run/tfjs-hooks.x', 1)).rejects.toThrow(
      "Saver: the name of a checkpoint must not begin with 'tfjs-hooks.'.",
    );
  });
});
