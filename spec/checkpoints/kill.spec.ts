import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { openDirectory } from '../../adapters/node/directory.js';
import { restoreLatest } from '../../lib/index.js';
import { checkpointRun } from '../support/checkpoint-run.js';
import { Child } from '../support/child.js';
import { temporaryDirectory } from '../support/training.js';

const dir = temporaryDirectory();

const KILLS = Number(process.env['KILLS'] ?? 100);
const LANES = 4;

/** The step that the newest whole checkpoint is of, which its state must tell too. */
async function restored(
  path: string = dir(),
): Promise<{ step: number; warnings: readonly string[] }> {
  const run = checkpointRun(openDirectory);
  await restoreLatest(run.session, openDirectory(path));
  expect(run.state.values[0]).toBe(run.globalStep.value);
  return { step: run.globalStep.value, warnings: run.warnings };
}

describe('A process that saves checkpoints', () => {
  it('loses at most the one in flight when it is killed at any operation', async () => {
    for (let n = 1; ; n++) {
      const child = new Child('saving-process', dir(), 'save', String(n));
      const how = await child.ended;
      expect(child.errors).toBe('');
      const acknowledged = Number(child.lines.at(-1));
      const { step, warnings } = await restored();
      expect(warnings).toEqual([]);
      expect([acknowledged, acknowledged + 1]).toContain(step);
      if (how === 0) {
        break;
      }
      expect(how).toBe('SIGKILL');
    }
    const names = readdirSync(dir());
    expect(names.filter((name) => !/^(checkpoint|model\.ckpt-\d+)$/.test(name))).toEqual([]);
    expect(names).toHaveLength(3);
  }, 120_000);

  // For many more, by hand: KILLS=1000 npx jest spec/checkpoints/kill
  it(`loses at most the one in flight when it is killed at any time, ${KILLS} times`, async () => {
    const lanes = Array.from({ length: LANES }, async (_, lane) => {
      for (let round = lane; round < KILLS; round += LANES) {
        await kill(join(dir(), String(lane)), 'loop', 60);
      }
    });
    await Promise.all(lanes);
  }, 1_200_000);

  it('loses at most the one in flight, and the one that waits, in the background', async () => {
    for (let round = 0; round < KILLS / 10; round++) {
      await kill(dir(), 'background', 300);
    }
  }, 1_200_000);
});

/** Kills a process that saves, and looks at what it left. */
async function kill(dir: string, mode: string, milliseconds: number): Promise<void> {
  const child = new Child('saving-process', dir, mode);
  await child.wrote(2);
  await wait(Math.random() * milliseconds);
  child.process.kill('SIGKILL');
  expect(await child.ended).toBe('SIGKILL');
  const acknowledged = Number(child.lines.at(-1));
  const { step, warnings } = await restored(dir);
  expect(warnings).toEqual([]);
  const possible = [acknowledged, acknowledged + 1];
  expect(mode === 'background' ? [acknowledged - 1, ...possible] : possible).toContain(step);
}

describe('Two processes that save in one directory', () => {
  it('are one too many while the first lives, though it be stopped', async () => {
    const first = new Child('saving-process', dir(), 'hold');
    await first.wrote(2);
    first.process.kill('SIGSTOP');

    const second = new Child('saving-process', dir(), 'hold');
    expect(await second.ended).toBe(1);
    expect(second.errors).toMatch(/another process writes checkpoints there; its file is/);
    expect(readdirSync(dir()).filter((name) => name.includes('owner'))).toHaveLength(1);

    first.process.kill('SIGKILL');
    await first.ended;
    const third = new Child('saving-process', dir(), 'hold');
    await third.wrote(2);
    expect(third.lines).toEqual(['restored 1', '2']);
    expect(readdirSync(dir()).filter((name) => name.includes('owner'))).toHaveLength(1);
    third.process.kill('SIGKILL');
    await third.ended;
  });

  it('are never two when several start at once', async () => {
    const children = [1, 2, 3].map(() => new Child('saving-process', dir(), 'hold'));
    const results = await Promise.all(
      children.map((child) =>
        child.wrote(2).then(
          () => 'saves',
          () => 'refused',
        ),
      ),
    );
    expect(results.filter((result) => result === 'saves').length).toBeLessThanOrEqual(1);
    for (const child of children) {
      child.process.kill('SIGKILL');
      await child.ended;
    }
  });
});
