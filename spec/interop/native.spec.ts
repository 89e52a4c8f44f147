import { join } from 'node:path';

import { beforeAll, describe, expect, it } from '@jest/globals';
import { decode } from 'fast-png';

import { interop } from './support/interop.js';
import { native } from './support/native.js';
import {
  accumulate,
  bytes,
  kerasPredictions,
  pythonScalars,
  text,
} from './support/python-reader.js';
import {
  conceptualGraph,
  histograms,
  images,
  newRun,
  scalarsOf,
  tagsOf,
  tensorBoardHasRead,
  runOf,
  texts,
} from './support/tensorboard.js';

/** The values at the steps 1, 2, 3 ... */
function curve(values: readonly number[]): [step: number, value: number][] {
  return values.map((value, i) => [i + 1, Math.fround(value)]);
}

async function python(directory: string): Promise<Record<string, [number, number][]>> {
  const read = Object.entries(await pythonScalars(directory));
  return Object.fromEntries(
    read.map(([tag, points]) => [
      tag,
      points.map(([step, value]): [number, number] => [Number(step), value]),
    ]),
  );
}

describe.each(interop.natives)('@tensorflow/%s', (name) => {
  const directory = newRun('native', name);

  it('computes on its own backend, by TensorFlow', async () => {
    expect(await native(name, 'backend')).toEqual({ backend: 'tensorflow', hasBinding: true });
  });

  describe('its summaryFileWriter', () => {
    it('is a summaryWriter as it is, in both hooks that write', async () => {
      const dir = join(directory, 'writer');
      const { losses, kernels } = await native(name, 'writer', dir);
      expect(losses).toHaveLength(8);
      await tensorBoardHasRead();
      const rate = 'global_step/sec';
      for (const read of [await python(dir), await scalarsOf(dir)]) {
        expect(read['loss']).toEqual(curve(losses));
        expect(read[rate]).toEqual([3, 5, 7].map((step) => [step, 2]));
      }
      const kernel = await histograms(dir, 'kernel');
      const counts = kernel.map(([, step, buckets]) => [
        step,
        buckets[0]?.[0],
        buckets.at(-1)?.[1],
        buckets.reduce((sum, [, , count]) => sum + count, 0),
      ]);
      expect(counts).toEqual(
        kernels.map((values, i) => [i + 1, Math.min(...values), Math.max(...values), 12]),
      );
    });

    it('is a summaryFileWriter of a driver, opened once for each directory and run', async () => {
      const dir = join(directory, 'option');
      const { opened, losses } = await native(name, 'option', dir);
      expect(opened).toEqual(['a', 'b'].map((run) => join(dir, run)));
      await tensorBoardHasRead();
      for (const [i, run] of ['a', 'b'].entries()) {
        const own = join(dir, run);
        for (const read of [await python(own), await scalarsOf(own)]) {
          expect(read['loss']).toEqual(curve(losses.slice(4 * i, 4 * i + 4)));
          expect(read['global_step/sec']).toHaveLength(3);
        }
      }
      expect((await scalarsOf(join(dir, 'as it is')))['loss']).toEqual(curve(losses.slice(0, 4)));
    });

    it('is refused at begin for what it cannot write', async () => {
      const dir = join(directory, 'cannot');
      const { messages, steps } = await native(name, 'cannot', dir);
      const lacks = (method: string, what: string): string =>
        `ValueError: SummarySaverHook: the writer has no method '${method}', which ${what} needs.`;
      expect(messages).toEqual([
        lacks('image', "the summary 'picture'"),
        lacks('text', "the summary 'note'"),
        lacks('describe', "the description of 'loss'"),
      ]);
      expect(steps).toBe(0);
    });
  });

  describe('all nine hooks in a real fit', () => {
    const dir = join(directory, 'nine');
    let nine: Awaited<ReturnType<typeof runNine>>;
    const runNine = async () => native(name, 'nine', dir);

    beforeAll(async () => {
      nine = await runNine();
      await tensorBoardHasRead();
    });

    it('log, stop, count and save', () => {
      const { lines, finalOps, checkpoints } = nine;
      expect(lines.slice(0, 4)).toEqual([
        `Saving checkpoints for 0 into ${dir}/model.ckpt.`,
        expect.stringMatching(/^loss = [\d.e-]+, mae = [\d.e-]+$/),
        'global_step/sec: 2',
        `Saving checkpoints for 3 into ${dir}/model.ckpt.`,
      ]);
      expect(lines.filter((line) => line.startsWith('loss ='))).toHaveLength(4 + 3 * 2);
      expect(lines.slice(-4)).toEqual([1, 2, 3, 4].map((i) => `Evaluation [${i}/4]`));
      expect(finalOps[1]).toBe(13);
      expect(checkpoints.at(-1)).toBe(join(dir, 'model.ckpt-13'));
    });

    it('leave no tensor behind', () => {
      expect(new Set(nine.counts).size).toBe(1);
    });

    it('evaluate to what tfjs itself evaluates to', () => {
      const [own, theirs] = nine.evaluated;
      expect(Object.values(own as object)).toEqual(theirs);
    });

    it('write what TensorBoard reads: curves, images, texts, and the graph', async () => {
      expect(nine.files).toBe(4);
      for (const read of [await python(dir), await scalarsOf(dir)]) {
        expect(read['loss']?.map(([step]) => step)).toEqual(
          Array.from({ length: 13 }, (_, i) => i + 1),
        );
      }
      expect((await tagsOf('scalars'))[runOf(dir)]?.['loss']?.description).toContain(
        'The <strong>loss</strong>.',
      );
      expect((await images(dir, 'kernel as image', 0)).length).toBeGreaterThan(0);
      expect((await texts(dir, 'note'))[0]?.text).toContain('on the native backend');
      const graph = await conceptualGraph(dir, 'keras');
      expect(graph).toMatch(/name: "[^"]*\/out"\n\s+input: "[^"]*\/hidden"/);
    });
  });

  describe('a checkpoint', () => {
    const dir = join(directory, 'checkpoint');
    let saved: Awaited<ReturnType<typeof runCheckpoint>>;
    const runCheckpoint = async () => native(name, 'checkpoint', dir);

    beforeAll(async () => {
      saved = await runCheckpoint();
    });

    it("is read by tfjs-node's own reader, and what tfjs-node saves by ours", () => {
      const [trained, ...loaded] = saved.predictions;
      expect(loaded).toEqual(Array(3).fill(trained));
    });

    it("is a model to Python's tensorflowjs", async () => {
      const [trained] = saved.predictions;
      const [predicted] = await kerasPredictions(join(saved.path, 'model.json'), [[1, 1, 1]]);
      expect(predicted).toEqual(trained?.map((value) => expect.closeTo(value, 5)));
    });

    it('is gone on from as if nothing had been', () => {
      expect(saved.rest).toEqual(saved.whole.slice(8));
      expect(saved.rest).toHaveLength(8);
    });
  });

  it('leaves no tensor behind a loop, nor behind one that a hook has ended', async () => {
    expect(await native(name, 'leaks', join(directory, 'leaks'))).toEqual({
      monitored: 0,
      aborted: 0,
    });
  });

  it('gives our own writer tensors that it reads', async () => {
    const dir = join(directory, 'own writer');
    await native(name, 'ownWriter', dir);
    const read = Object.fromEntries((await accumulate(dir)).map((one) => [one.tag, one.values[0]]));
    expect(read['weights']?.values).toEqual([0, 2, 2, 2, 4, 4]);
    expect(read['bools']?.values).toEqual([0, 0.5, 1, 0.5, 1, 2]);
    expect(read['ints']?.values).toEqual([1, 2 ** 31 - 1, 3]);
    expect(read['strings']?.values.map(text)).toEqual(['first', '学習 📉']);
    const pixels = (tag: string, i: number): number[] => [
      ...decode(bytes(read[tag]?.values[2 + i])).data,
    ];
    expect(pixels('grey', 0)).toEqual([0, 64, 128, 255]);
    expect([pixels('rgb', 0), pixels('rgb', 1)]).toEqual([
      [0, 127, 255],
      [255, 0, 63],
    ]);
    expect(text(read['message']?.values[0])).toMatch(/histogram 'gone': the tensor cannot be read/);
    expect(Object.keys(read)).not.toContain('gone');
  });

  it('has a callback for TensorBoard that stands beside hooks', async () => {
    const dir = join(directory, 'callback');
    expect(await native(name, 'callback', dir)).toEqual({ steps: 6 });
    expect((await python(join(dir, 'train')))['epoch_loss']).toHaveLength(2);
  });

  it("does in every recorded scenario what TensorFlow's own hooks did", async () => {
    const { replayed, different } = await native(name, 'traces', interop.traces);
    expect(different.slice(0, 3)).toEqual([]);
    expect(replayed).toBeGreaterThan(200);
  });
});
