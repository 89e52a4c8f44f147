import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { openDirectory } from '../../adapters/node/directory.js';
import { newestCheckpoint, Saver } from '../../lib/index.js';
import { checkpointRun } from '../support/checkpoint-run.js';
import { Child } from '../support/child.js';
import { onSmallDisk } from '../support/small-disk.js';
import { temporaryDirectory } from '../support/training.js';

const dir = temporaryDirectory();

/** Trains in a process of its own; gives a digest of the weights and the global step. */
async function trained(path: string, optimizer: string, epochs: number): Promise<string> {
  const child = new Child('training-process', path, optimizer, String(epochs));
  expect(await child.ended).toBe(0);
  return child.lines.at(-1) ?? '';
}

describe('Training that goes on in a fresh process', () => {
  it.each(['adam', 'adamax'])(
    'equals training that never stopped, bit for bit: %s',
    async (optimizer) => {
      const whole = await trained(join(dir(), 'whole'), optimizer, 4);
      const half = await trained(join(dir(), 'halves'), optimizer, 2);
      expect(half).not.toBe(whole);
      expect(half).toMatch(/ 6$/);
      expect(await trained(join(dir(), 'halves'), optimizer, 4)).toBe(whole);
    },
  );
});

describe('A disk that is full', () => {
  it('fails the save, keeps what is there, and leaves nothing of the rest', async () => {
    const disk = join(dir(), 'disk');
    await onSmallDisk(disk, async () => {
      const run = checkpointRun(openDirectory);
      const saver = new Saver();
      await run.goTo(1);
      await saver.save(run.session, join(disk, 'run/model.ckpt'), 1);
      run.state.values = Array.from({ length: 300_000 }, () => 1);
      const failure = saver.save(run.session, join(disk, 'run/model.ckpt'), 2);
      await expect(failure).rejects.toThrow(/disk\/run\/.*ENOSPC/);
      await saver.settle();
      expect(readdirSync(join(disk, 'run')).sort()).toEqual(['checkpoint', 'model.ckpt-1']);
      const newest = await newestCheckpoint(openDirectory(join(disk, 'run')));
      expect(newest).toMatchObject({ globalStep: 1 });
    });
  });
});
