import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decode } from 'fast-png';
import { eventFileWriter } from 'tfjs-hooks';

import { accumulate, ACCUMULATORS, bytes, pythonScalars, text } from './support/python-reader.js';
import type { PythonSummary } from './support/python-reader.js';
import {
  dataProvider,
  histograms,
  imageBytes,
  images,
  newRun,
  runOf,
  scalarsOf,
  tagsOf,
  tensorBoardHasRead,
  texts,
  textTags,
} from './support/tensorboard.js';

tf.env().set('IS_TEST', true);

type Points = readonly (readonly [step: string, value: number])[];

/** The points of each tag, with the steps in digits. */
const written: readonly (readonly [tag: string, points: Points])[] = [
  ['plain', points(0.5, 0.25, -1.5)],
  ['rounded', points(Math.fround(0.1))],
  ['not finite', points(Number.NaN, Infinity, -Infinity, 1)],
  ['at the edge of float32', points(2 ** -149, (2 - 2 ** -23) * 2 ** 127, -0)],
  [
    'steps of any size',
    [
      ['0', 1],
      ['127', 1],
      ['128', 1],
      ['2147483647', 2],
      ['2147483648', 3],
      ['9007199254740991', 4],
      ['9007199254740993', 5],
      ['9223372036854775807', 6],
    ],
  ],
  ['', points(1)],
  ['損失/学習', points(2)],
  ['📉 loss', points(3)],
  ['__proto__', points(4)],
  ['constructor', points(5)],
  ['<script>alert("x")</script>', points(6)],
  ['a\\b"c\'d&e=f?g#h%20+i', points(7)],
  ['line\nbreak\ttab\u0001\u0000nul', points(8)],
  ['x'.repeat(2 ** 16), points(9)],
];

/** Values at the steps 1, 2, 3 ... */
function points(...values: readonly number[]): Points {
  return values.map((value, i) => [String(i + 1), value] as const);
}

const directory = newRun('event-files');

beforeAll(async () => {
  const writer = eventFileWriter(directory);
  for (const [tag, points] of written) {
    for (const [step, value] of points) {
      const exact = BigInt(step);
      writer.scalar(tag, value, Number.isSafeInteger(Number(step)) ? Number(step) : exact);
    }
  }
  writer.scalar('lone \ud800 surrogate', 10, 1);
  writer.describe('described', 'What it **is**, 説明 📉 <script>');
  writer.scalar('described', 1, 1);
  writer.histogram('weights', tf.tensor1d([0, 1, 2, 3, 4, 4]), 7, 2);
  writer.histogram('weights', [-1, 1], 8, 4);
  writer.histogram('bools', tf.tensor1d([true, false, true], 'bool'), 1, 2);
  writer.histogram('nothing', [], 1, 3);
  writer.text('note', '# A title\n<script>alert(1)</script> 学習 📉', 3);
  writer.text(
    'table',
    [
      ['a', 'b'],
      ['c', '**d**'],
    ],
    4,
  );
  writer.text('string tensor', tf.tensor1d(['first', 'second']), 5);
  writer.image('grey', tf.tensor4d([0, 64, 128, 255], [1, 2, 2, 1], 'int32'), 1);
  writer.image('rgb', tf.tensor4d([0, 0.5, 1, 1, 0, 0.25], [2, 1, 1, 3]), 2);
  writer.image('rgba', tf.tensor4d([1, 2, 3, 0, 4, 5, 6, 255], [1, 1, 2, 4], 'int32'), 3);
  writer.image('many', tf.zeros([5, 1, 1, 1]), 4, 2);
  writer.close();
  await tensorBoardHasRead();
});

afterAll(() => {
  tf.disposeVariables();
});

describe('the running TensorBoard', () => {
  it('reads by its default, which is not Python', async () => {
    expect(await dataProvider()).toContain('GrpcDataProvider');
  });

  it('reads every scalar, whatever its tag, step and value', async () => {
    const read = await scalarsOf(directory);
    const points = Object.fromEntries(
      Object.entries(read).map(([tag, own]) => [
        tag,
        own.map(([step, value]) => [String(step), value]),
      ]),
    );
    expectPoints(points);
  });

  it('reads what is said of a scalar', async () => {
    const { description } = (await tagsOf('scalars'))[runOf(directory)]?.['described'] ?? {};
    expect(description).toContain('What it <strong>is</strong>, 説明 📉 &lt;script&gt;');
  });

  it('reads every bucket of a histogram', async () => {
    const read = async (tag: string): Promise<unknown> =>
      (await histograms(directory, tag)).map(([, step, buckets]) => [step, buckets]);
    expect(await read('weights')).toEqual([
      [
        7,
        [
          [0, 2, 2],
          [2, 4, 4],
        ],
      ],
      [
        8,
        [
          [-1, -0.5, 1],
          [-0.5, 0, 0],
          [0, 0.5, 0],
          [0.5, 1, 1],
        ],
      ],
    ]);
    expect(await read('bools')).toEqual([
      [
        1,
        [
          [0, 0.5, 1],
          [0.5, 1, 2],
        ],
      ],
    ]);
    expect(await read('nothing')).toEqual([[1, [0, 1, 2].map(() => [0, 0, 0])]]);
  });

  it('shows text as Markdown, and no script of it', async () => {
    expect([...((await textTags())[runOf(directory)] ?? [])].sort()).toEqual([
      'note',
      'string tensor',
      'table',
    ]);
    const [note] = await texts(directory, 'note');
    expect(note).toMatchObject({ step: 3, text: expect.stringContaining('<h1>A title</h1>') });
    expect(note?.text).toContain('学習 📉');
    expect(note?.text).not.toContain('<script>');
    const [table] = await texts(directory, 'table');
    expect(table?.text.replaceAll(/\s/g, '')).toContain(
      '<tr><td><p>a</p></td><td><p>b</p></td></tr>' +
        '<tr><td><p>c</p></td><td><p><strong>d</strong></p></td></tr>',
    );
    const [tensor] = await texts(directory, 'string tensor');
    expect(tensor?.text).toMatch(/first[^]*second/);
  });

  it('serves images, pixel by pixel', async () => {
    const pixels = async (tag: string, sample: number): Promise<unknown> => {
      const [point] = await images(directory, tag, sample);
      if (point === undefined) {
        return undefined;
      }
      const { width, height, channels, data } = decode(await imageBytes(point));
      return { step: point.step, width, height, channels, data: [...data] };
    };
    const rgb = { step: 2, width: 1, height: 1, channels: 3 };
    expect(await pixels('grey', 0)).toEqual({
      step: 1,
      width: 2,
      height: 2,
      channels: 1,
      data: [0, 64, 128, 255],
    });
    expect(await pixels('rgb', 0)).toEqual({ ...rgb, data: [0, 127, 255] });
    expect(await pixels('rgb', 1)).toEqual({ ...rgb, data: [255, 0, 63] });
    expect(await pixels('rgba', 0)).toMatchObject({ data: [1, 2, 3, 0, 4, 5, 6, 255] });
    expect(await pixels('many', 1)).toMatchObject({ data: [0] });
    expect(await pixels('many', 2)).toBeUndefined();
  });
});

describe.each(ACCUMULATORS)('the EventAccumulator of %s', (module) => {
  let summaries: Record<string, PythonSummary>;

  beforeAll(async () => {
    summaries = Object.fromEntries(
      (await accumulate(directory, module)).map((one) => [one.tag, one]),
    );
  });

  const valuesOf = (tag: string): unknown[] =>
    summaries[tag]?.values.map(({ step, shape, values }) => [step, shape, values]) ?? [];

  it('reads every scalar, whatever its tag, step and value', async () => {
    expectPoints(await pythonScalars(directory, module));
  });

  it('reads what is said of a scalar', () => {
    expect(summaries['described']?.description).toBe('What it **is**, 説明 📉 <script>');
    expect(summaries['plain']?.description).toBe('');
  });

  it('reads every bucket of a histogram', () => {
    expect(summaries['weights']?.plugin).toBe('histograms');
    expect(valuesOf('weights')).toEqual([
      ['7', [2, 3], [0, 2, 2, 2, 4, 4]],
      ['8', [4, 3], [-1, -0.5, 1, -0.5, 0, 0, 0, 0.5, 0, 0.5, 1, 1]],
    ]);
    expect(valuesOf('nothing')).toEqual([['1', [3, 3], Array(9).fill(0)]]);
  });

  it('reads text to the letter', () => {
    const { plugin, values = [] } = summaries['note'] ?? {};
    expect([plugin, text(values[0]?.values[0])]).toEqual([
      'text',
      '# A title\n<script>alert(1)</script> 学習 📉',
    ]);
    const [table] = summaries['table']?.values ?? [];
    expect(table?.shape).toEqual([2, 2]);
    expect(table?.values.map(text)).toEqual(['a', 'b', 'c', '**d**']);
  });

  it('reads images, pixel by pixel', () => {
    const { plugin, values = [] } = summaries['rgba'] ?? {};
    const [width, height, png, ...others] = values[0]?.values ?? [];
    expect([plugin, text(width), text(height), others]).toEqual(['images', '2', '1', []]);
    expect([...decode(bytes(png)).data]).toEqual([1, 2, 3, 0, 4, 5, 6, 255]);
    expect(summaries['many']?.values[0]?.shape).toEqual([4]);
  });
});

/** What is in {@link written}, and two more. */
function expectPoints(read: Readonly<Record<string, unknown>>): void {
  const found = new Map(Object.entries(read));
  expect([...found.keys()].sort()).toEqual(
    [...written.map(([tag]) => tag), 'lone \ufffd surrogate', 'described'].sort(),
  );
  expect(written.map(([tag]) => [tag, found.get(tag)])).toEqual(written);
}
