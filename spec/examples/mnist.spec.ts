import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { build } from 'esbuild';
import { checkpointInfo, checkpoints } from 'tfjs-hooks';

const root = join(__dirname, '../..');
const example = join(root, 'examples/mnist/main.js');

/** 5 steps an epoch. */
const few = ['--samples', '1000'];

jest.setTimeout(120_000);

let program: string;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tfjs-hooks-mnist-'));
  program = await runnable(require.resolve('tfjs-hooks'));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  if (program !== example) {
    rmSync(program, { force: true });
  }
});

describe('the example mnist', () => {
  it('trains, resumes where it stopped, and comes to what an uninterrupted run comes to', async () => {
    const dir = join(folder, 'resumed');
    const first = await run('--dir', dir, ...few, '--steps', '7');
    expect(first).toMatchObject({ status: 0, stderr: '' });
    expect(first.stdout).toContain(`Begins anew in ${dir}: step 0 of 7, 5 steps an epoch.`);
    expect(await checkpointInfo(dir)).toMatchObject({ globalStep: 7 });

    const [second, uninterrupted] = await Promise.all([
      run('--dir', dir, ...few, '--epochs', '3'),
      run('--dir', join(folder, 'uninterrupted'), ...few, '--epochs', '3'),
    ]);
    expect(second).toMatchObject({ status: 0, stderr: '' });
    expect(second.stdout).toContain(
      `Resumes from ${join(dir, 'model.ckpt-7')}: step 7 of 15, in epoch 2 of 3.`,
    );
    expect(second.stdout).toContain('Trained from step 7 to step 15 in ');
    expect(await checkpointInfo(dir)).toMatchObject({ globalStep: 15 });
    expect(results(second)).toEqual(results(uninterrupted));
  });

  it('says that a run is complete, and begins anew', async () => {
    const dir = join(folder, 'complete');
    const args = ['--dir', dir, ...few];
    await run(...args, '--epochs', '1');

    const again = await run(...args, '--epochs', '1');
    expect(again).toMatchObject({ status: 0, stderr: '' });
    expect(again.stdout).toContain(
      `The run in ${dir} is complete: its last checkpoint is of step 5.`,
    );
    expect(again.stdout).toContain('To train on, add --epochs 3; to begin anew, add --fresh.');
    expect(again.stdout).not.toContain('Saving checkpoints');

    const anew = await run(...args, '--epochs', '1', '--fresh');
    const [, aside = ''] = /^Moved the run that was there to (.*)\.$/m.exec(anew.stdout) ?? [];
    expect(anew.stdout).toContain('Trained from step 0 to step 5 in ');
    expect(await checkpointInfo(aside)).toMatchObject({ globalStep: 5 });
    expect(await checkpointInfo(dir)).toMatchObject({ globalStep: 5 });
  });

  it('has all nine hooks at work, and says where to look', async () => {
    const dir = join(folder, 'hooks');
    const { stdout, stderr } = await run('--dir', dir, '--samples', '11000', '--epochs', '2');

    expect(stderr).toBe('');
    for (const line of [
      'Waiting for global step 55 before starting training.',
      'Saving checkpoints for 0 into ' + join(dir, 'model.ckpt') + '.',
      /^Checkpoint 110 reads \d+\.\d\d % of 1,000 validation digits\.$/m,
      /^global_step = 101, loss = [\d.]+, acc = [\d.]+ \([\d.]+ sec\)$/m,
      /^val_loss = [\d.]+, val_acc = [\d.]+$/m,
      /^global_step\/sec: [\d.]+$/m,
      /^50 % \| step 55\/110 \| epoch 1\/2 \| loss [\d.]+ \| acc [\d.]+ \| \d+ s to go$/m,
      'Evaluation [5/5]',
      /^Second worker: Half-way, the network reads \d+\.\d\d % of 1,000 test digits\.$/m,
      'Evaluation [20/20]',
      /^Test accuracy: (8|9)\d\.\d\d % of 10,000 digits, loss [\d.]+\.$/m,
      'Trained from step 0 to step 110 in ',
      'The first ten digits of the test: 7 2 1 0 4 1 4 9 5 9\n',
      /^The network reads them as:        7( \d){9}$/m,
      `Checkpoints: ${join(dir, 'model.ckpt-*')}`,
      `tensorboard --logdir ${dir}\n`,
    ]) {
      expect(stdout).toMatch(line);
    }
    expect(stdout).not.toContain('\u001B');
    expect(await checkpoints(dir)).toEqual([
      join(dir, 'model.ckpt-0'),
      join(dir, 'model.ckpt-110'),
    ]);
    for (const name of ['training', 'validation']) {
      expect(readdirSync(join(dir, name))).toEqual([
        expect.stringMatching(/^events\.out\.tfevents/),
      ]);
    }
  });

  it('stops in order on SIGTERM, with a checkpoint of the step it came to', async () => {
    const dir = join(folder, 'stopped');
    const args = ['--dir', dir, ...few, '--epochs', '1000'];
    const stopped = await runUntil('global_step = 1,', args);

    expect(stopped).toMatchObject({ status: 0, stderr: '' });
    const [, step = ''] = /^Stopped at step (\d+) of 5000; /m.exec(stopped.stdout) ?? [];
    expect(await checkpointInfo(dir)).toMatchObject({
      path: join(dir, `model.ckpt-${step}`),
      globalStep: Number(step),
    });
    expect(stopped.stdout).toContain(`tensorboard --logdir ${dir}\n`);
  });

  it('refuses what it does not know', async () => {
    for (const [args, message] of [
      [['--epoch', '3'], "Unknown option '--epoch'"],
      [['--epochs', '1.5'], "--epochs must be a whole number from 1 on, but is '1.5'."],
    ] as const) {
      const { status, stdout, stderr } = await run(...args);
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toContain(message);
      expect(stderr).toContain('Usage: npm run example -- [options]');
    }
  });
});

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * The example as Node can run it with the package that is under test: as it is with what was built,
 * bundled with the sources otherwise.
 */
async function runnable(entry: string): Promise<string> {
  if (entry.startsWith(join(root, 'dist'))) {
    return example;
  }
  const outfile = join(root, `.build/examples/mnist-${process.pid}.mjs`);
  mkdirSync(join(outfile, '..'), { recursive: true });
  await build({
    entryPoints: [example],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    alias: {
      'tfjs-hooks': entry,
      '#checkpoints': require.resolve('#checkpoints'),
      '#platform': require.resolve('#platform'),
    },
  });
  return outfile;
}

function run(...args: readonly string[]): Promise<Outcome> {
  return runUntil(undefined, args);
}

/** Sends SIGTERM as soon as the program has printed a text. */
function runUntil(text: string | undefined, args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], { cwd: folder });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      const before = stdout;
      stdout += chunk;
      if (text !== undefined && stdout.includes(text) && !before.includes(text)) {
        child.kill('SIGTERM');
      }
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
    });
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}

/** What a run has come to: the lines that tell how good the network is. */
function results({ stdout }: Outcome): readonly string[] {
  return stdout.split('\n').filter((line) => /^(Test accuracy|The network reads them)/.test(line));
}
