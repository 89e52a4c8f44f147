import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { beforeEach, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { checkpointInfo, checkpoints, latestCheckpoint, MonitoredSession, Saver } from 'tfjs-hooks';
import { lines, temporaryDirectory } from '../support/training.js';

const temporary = temporaryDirectory();
const variable = tf.variable(tf.scalar(0));
let run: string;

beforeEach(() => {
  run = join(temporary(), 'run');
});

/** Saves checkpoints whose one variable is their step. */
async function save(...steps: readonly number[]): Promise<void> {
  const session = new MonitoredSession({ hooks: [], variables: [variable], logger: lines() });
  await session.begin();
  const saver = new Saver();
  for (const step of steps) {
    variable.assign(tf.scalar(step));
    await saver.save(session.session, `${run}/model.ckpt`, step);
  }
  await saver.settle();
  await session.close();
}

/** The step that a new run goes on from, and what it warns of. */
async function restored(): Promise<{ step: number; value: number; warnings: readonly string[] }> {
  const logger = lines();
  variable.assign(tf.scalar(-1));
  const session = new MonitoredSession({
    hooks: [],
    variables: [variable],
    logger,
    restoreFrom: run,
  });
  await session.begin();
  await session.close();
  const { warnings } = logger;
  return { step: session.globalStep, value: variable.dataSync()[0] as number, warnings };
}

function paths(...steps: readonly number[]): readonly string[] {
  return steps.map((step) => `${run}/model.ckpt-${step}`);
}

/** Damages a checkpoint. */
function cut(step: number): void {
  const file = `${run}/model.ckpt-${step}/weights.bin`;
  writeFileSync(file, readFileSync(file).subarray(1));
}

describe('A directory', () => {
  it.each([
    ['absent', () => {}],
    ['empty', () => mkdirSync(run)],
    [
      'without checkpoints',
      () => {
        mkdirSync(join(run, 'data-2024'), { recursive: true });
        writeFileSync(join(run, 'data-2024', 'x.csv'), '');
        writeFileSync(join(run, 'events-17'), '');
      },
    ],
  ])('that is %s is a fresh start', async (_, make) => {
    make();
    expect(await restored()).toEqual({ step: 0, value: -1, warnings: [] });
    expect(await latestCheckpoint(run)).toBeNull();
    expect(await checkpoints(run)).toEqual([]);
    expect(await checkpointInfo(run)).toBeNull();
  });

  it('gives its checkpoints by global step, not by time or name', async () => {
    await save(9, 100, 20);
    expect(await latestCheckpoint(run)).toBe(paths(100)[0]);
    expect(await checkpoints(run)).toEqual(paths(9, 20, 100));
    expect(await restored()).toEqual({ step: 100, value: 100, warnings: [] });
  });

  it('tells of its newest checkpoint, and of each', async () => {
    const before = Date.now();
    await save(5, 6);
    const info = await checkpointInfo(run);
    expect(info).toEqual({
      path: paths(6)[0],
      globalStep: 6,
      epoch: 0,
      batch: 0,
      time: expect.any(Number),
    });
    expect(info?.time).toBeGreaterThanOrEqual(before);
    expect(info?.time).toBeLessThanOrEqual(Date.now());
    expect(await checkpointInfo(paths(5)[0] as string)).toMatchObject({ globalStep: 5 });
  });

  it('falls back to the newest checkpoint that is whole, and names each it skips', async () => {
    await save(1, 2, 3, 4, 5);
    cut(3);
    rmSync(`${run}/model.ckpt-4/weights.bin`);
    rmSync(`${run}/model.ckpt-5/variables.json`);

    expect(await restored()).toEqual({
      step: 2,
      value: 2,
      warnings: [
        `Skipped a checkpoint that is not whole: ${paths(5)[0]}: it has neither model.json nor variables.json.`,
        `Skipped a checkpoint that is not whole: ${paths(4)[0]}: its file weights.bin is missing.`,
        `Skipped a checkpoint that is not whole: ${paths(3)[0]}: its file weights.bin has 3 bytes instead of 4.`,
      ],
    });
    expect(await latestCheckpoint(run)).toBe(paths(2)[0]);
    expect(await checkpoints(run)).toEqual(paths(1, 2));
    expect(await checkpointInfo(run)).toMatchObject({ globalStep: 2 });
    expect(await checkpointInfo(paths(3)[0] as string)).toBeNull();
  });

  it('of which no checkpoint is whole is an error', async () => {
    await save(1, 2);
    cut(1);
    rmSync(`${run}/model.ckpt-2`, { recursive: true });
    mkdirSync(`${run}/model.ckpt-2`);
    await expect(restored()).rejects.toThrow(
      `${run}: none of its checkpoints is whole. ${paths(2)[0]}: it has neither model.json nor ` +
        `variables.json. ${paths(1)[0]}: its file weights.bin has 3 bytes instead of 4.`,
    );
    expect(variable.dataSync()[0]).toBe(-1);
    expect(await latestCheckpoint(run)).toBeNull();
  });

  it('names what its state file names, and is there no more', async () => {
    await save(1, 2, 3, 4);
    rmSync(`${run}/model.ckpt-4`, { recursive: true });
    rmSync(`${run}/model.ckpt-3`, { recursive: true });
    writeFileSync(`${run}/model.ckpt-3`, 'a file');
    rmSync(`${run}/model.ckpt-1`, { recursive: true });
    const warning = (path: string | undefined): string =>
      `Skipped a checkpoint that is not whole: ${path}: it is missing.`;
    const { warnings, ...rest } = await restored();
    expect(rest).toEqual({ step: 2, value: 2 });
    expect([...warnings].sort()).toEqual(paths(3, 4).map(warning));
    rmSync(`${run}/model.ckpt-2`, { recursive: true });
    await expect(restored()).rejects.toThrow(`${run}: none of its checkpoints is whole.`);
  });

  it('needs no state file', async () => {
    await save(1, 2);
    rmSync(`${run}/checkpoint`);
    expect(await restored()).toMatchObject({ step: 2, warnings: [] });
  });

  it('passes over a checkpoint that has the name of another', async () => {
    await save(1);
    cpSync(`${run}/model.ckpt-1`, `${run}/model.ckpt-7`, { recursive: true });
    expect(await restored()).toMatchObject({
      step: 1,
      warnings: [expect.stringMatching(/model\.ckpt-7: its manifest is of step 1/)],
    });
  });

  it('passes over a plain model', async () => {
    await save(1);
    mkdirSync(`${run}/model-8`);
    writeFileSync(`${run}/model-8/model.json`, '{"modelTopology":{}}');
    expect(await restored()).toMatchObject({
      step: 1,
      warnings: [expect.stringMatching(/model-8: its model\.json was not written by a Saver/)],
    });
  });
});

describe('A link', () => {
  it('in the place of a checkpoint is refused', async () => {
    await save(1, 2);
    renameSync(`${run}/model.ckpt-2`, join(temporary(), 'elsewhere'));
    symlinkSync(join(temporary(), 'elsewhere'), `${run}/model.ckpt-2`);
    expect(await restored()).toMatchObject({
      step: 1,
      warnings: [expect.stringMatching(/model\.ckpt-2: it is a symbolic link/)],
    });
    expect(await checkpoints(run)).toEqual(paths(1));
  });

  it.each(['weights.bin', 'variables.json'])('in the place of %s is refused', async (file) => {
    await save(1, 2);
    const elsewhere = join(temporary(), 'elsewhere');
    renameSync(`${run}/model.ckpt-2/${file}`, elsewhere);
    symlinkSync(elsewhere, `${run}/model.ckpt-2/${file}`);
    expect(await restored()).toMatchObject({ step: 1, warnings: [expect.any(String)] });
  });

  it('is not followed when a checkpoint is deleted', async () => {
    await save(1, 2, 3);
    const elsewhere = join(temporary(), 'elsewhere');
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, 'mine'), 'mine');
    symlinkSync(elsewhere, `${run}/model.ckpt-1/link`);
    symlinkSync(elsewhere, `${run}/tfjs-hooks.tmp-x`);
    const session = new MonitoredSession({
      hooks: [],
      variables: [variable],
      logger: lines(),
      restoreFrom: run,
    });
    await session.begin();
    const saver = new Saver({ maxToKeep: 2 });
    await saver.save(session.session, `${run}/model.ckpt`, 4);
    await saver.settle();
    expect(readdirSync(run).sort()).toEqual(['checkpoint', 'model.ckpt-3', 'model.ckpt-4']);
    expect(readFileSync(join(elsewhere, 'mine'), 'utf8')).toBe('mine');
  });

  it('to the directory itself may be the user’s', async () => {
    await save(1);
    symlinkSync(run, join(temporary(), 'latest'));
    run = join(temporary(), 'latest');
    expect(await restored()).toMatchObject({ step: 1, warnings: [] });
  });
});

describe('A manifest', () => {
  it.each([
    ['names a file outside', { files: [{ name: '../model.ckpt-1/weights.bin', bytes: 4 }] }],
    ['names an absolute path', { files: [{ name: '/etc/hostname', bytes: 4 }] }],
    ['names the directory', { files: [{ name: '..', bytes: 4 }] }],
    ['has lengths that do not add up', { files: [{ name: 'weights.bin', bytes: 8 }] }],
    [
      'has a shape of its own',
      { tensors: [{ name: 'a', dtype: 'float32', shape: [9], bytes: 4, digest: '' }] },
    ],
    [
      'has a huge shape',
      {
        tensors: [{ name: 'a', dtype: 'float32', shape: [2 ** 40], bytes: 2 ** 42, digest: '' }],
        files: [{ name: 'weights.bin', bytes: 2 ** 42 }],
      },
    ],
    [
      'has a type of its own',
      { tensors: [{ name: 'a', dtype: 'float64', shape: [], bytes: 4, digest: '' }] },
    ],
    ['is of a newer format', { version: 2 }],
    ['has a step that is none', { globalStep: -1 }],
    ['has no tensors', { tensors: null }],
  ])('that %s is refused, though its digest be right', async (_, change) => {
    await save(1, 2);
    const file = `${run}/model.ckpt-2/variables.json`;
    const { tfjsHooks } = JSON.parse(readFileSync(file, 'utf8')) as { tfjsHooks: object };
    const body = JSON.stringify({ tfjsHooks: { ...tfjsHooks, ...change } });
    const digest = crc32(body).toString(16).padStart(8, '0');
    writeFileSync(file, `${body.slice(0, -1)},"digest":"${digest}"}\n`);
    expect(await checkpoints(run)).toEqual(paths(1));
  });
});

describe('A path', () => {
  it.each([latestCheckpoint, checkpoints, checkpointInfo])('must be given to %p', async (read) => {
    await expect(read('')).rejects.toThrow(
      `${read.name}: the path must be a non-empty string, but got "".`,
    );
  });

  it('of a checkpoint that is not whole is not restored', async () => {
    await save(1);
    cut(1);
    const session = new MonitoredSession({ hooks: [], variables: [variable], logger: lines() });
    await session.begin();
    variable.assign(tf.scalar(-1));
    await expect(new Saver().restore(session.session, paths(1)[0] as string)).rejects.toThrow(
      `${paths(1)[0]}: the checkpoint is not whole: its file weights.bin has 3 bytes instead of 4.`,
    );
    expect(variable.dataSync()[0]).toBe(-1);
    await session.close();
  });
});
