import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { beforeAll, describe, expect, it } from '@jest/globals';
import { eventFileWriter } from 'tfjs-hooks';

import { readEvents } from '../support/event-file-reader.js';
import { pythonScalars } from './support/python-reader.js';
import { newRun, runOf, scalars, tagsOf, tensorBoardHasRead } from './support/tensorboard.js';

const values = [0.5, 0.25, 0.125];

/** A file cut behind each of its bytes, and the scalars that are whole in it. */
interface Cut {
  readonly directory: string;
  readonly points: readonly (readonly [step: number, value: number])[];
}

describe('a file cut behind any byte', () => {
  let cuts: readonly Cut[];

  beforeAll(async () => {
    const source = newRun('whole');
    const writer = eventFileWriter(source);
    writer.sessionStart(1);
    for (const [i, value] of values.entries()) {
      writer.scalar('loss', value, i + 1);
    }
    writer.close();
    const [name = ''] = readdirSync(source);
    const bytes = readFileSync(join(source, name));
    const folder = newRun('cuts');
    cuts = Array.from(bytes, (_, length) => {
      const directory = join(folder, String(length).padStart(4, '0'));
      mkdirSync(directory);
      const part = bytes.subarray(0, length);
      writeFileSync(join(directory, name), part);
      const whole = readEvents(part).filter((event) => event.values.length > 0);
      return { directory, points: whole.map((_event, i) => [i + 1, values[i] ?? 0] as const) };
    });
    await tensorBoardHasRead();
  });

  it('gives the running TensorBoard what is whole in it', async () => {
    expect(cuts.length).toBeGreaterThan(200);
    const tags = await tagsOf('scalars');
    const read = await Promise.all(
      cuts.map(async ({ directory }) => {
        const found = Object.keys(tags[runOf(directory)] ?? {});
        const points = found.length === 0 ? [] : await scalars(directory, 'loss');
        return { directory, points: points.map(([, step, value]) => [step, value]) };
      }),
    );
    expect(read).toEqual(cuts);
  });

  it("gives TensorBoard's Python reader what is whole in it", async () => {
    const read: unknown[] = [];
    for (const { directory } of cuts) {
      const { loss = [] } = await pythonScalars(directory);
      read.push({ directory, points: loss.map(([step, value]) => [Number(step), value]) });
    }
    expect(read).toEqual(cuts);
  });
});
