import { describe, expect, it } from '@jest/globals';

import { summary, ValueError } from '../lib/index.js';
import type { Reading, Summary, SummaryOp, SummaryWriter } from '../lib/index.js';
import { scalarReading } from '../lib/reading.js';
import { summaryOps, writeSummary } from '../lib/summary.js';
import { FakeHost, FakeTensor, floats } from './support/fake-session.js';
import { RecordingWriter } from './support/recording.js';
import { itRefuses, notOptions, notPositiveIntegers, wrong } from './support/rejected-options.js';

const data = new FakeTensor(floats([1]));

describe('a summary', () => {
  it('of a scalar or a histogram fetches what its name says, unless told otherwise', () => {
    expect(summary.scalar('loss')).toEqual({ kind: 'scalar', name: 'loss', fetch: 'loss' });
    expect(summary.histogram('w')).toEqual({
      kind: 'histogram',
      name: 'w',
      fetch: 'w',
      limit: 30,
    });
    expect(summary.scalar('a', 'loss')).toMatchObject({ name: 'a', fetch: 'loss' });
    expect(summary.histogram('a', data)).toMatchObject({ name: 'a', fetch: data });
  });

  it('of a scalar may be described', () => {
    const described = summary.scalar('loss', undefined, { description: 'the **loss**' });
    expect(described).toMatchObject({ fetch: 'loss', description: 'the **loss**' });
    expect(summary.scalar('loss', 'loss', { description: undefined })).not.toHaveProperty(
      'description',
    );
  });

  it('of a histogram has 30 buckets, and one of images three, unless told otherwise', () => {
    expect(summary.histogram('w', 'w', { buckets: 5 })).toMatchObject({ limit: 5 });
    expect(summary.image('i', data)).toMatchObject({ kind: 'image', fetch: data, limit: 3 });
    expect(summary.image('i', data, { maxOutputs: 9 })).toMatchObject({ limit: 9 });
    for (const options of [{}, { buckets: undefined }]) {
      expect(summary.histogram('w', 'w', options)).toMatchObject({ limit: 30 });
    }
  });

  it('of text fetches text', () => {
    expect(summary.text('t', data)).toEqual({ kind: 'text', name: 't', fetch: data });
  });

  it('can be several in one', () => {
    const [a, b, c] = [summary.scalar('a'), summary.scalar('b'), summary.scalar('c')];
    const merged = summary.merge([a, [b, summary.merge([c])], []]);
    expect(merged).toEqual({ kind: 'merge', summaries: [a, b, c] });
    expect(summaryOps('Hook', [merged, a])).toEqual([a, b, c, a]);
    expect(summary.merge([]).summaries).toEqual([]);
  });

  it('never changes', () => {
    const parts: SummaryOp[] = [summary.scalar('a')];
    const merged = summary.merge(parts);
    parts.push(summary.scalar('b'));
    expect(merged.summaries).toHaveLength(1);
    for (const one of [merged, merged.summaries, summary.image('i', data)]) {
      expect(Object.isFrozen(one)).toBe(true);
    }
  });

  it.each(['scalar', 'histogram', 'image', 'text'] as const)(
    'that is a %s needs a name and one fetch',
    (kind) => {
      const make = summary[kind] as (name: unknown, fetch: unknown) => unknown;
      expect(() => make(5, 'loss')).toThrow(
        new ValueError(`summary.${kind}: 'name' must be a string, but got 5.`),
      );
      for (const [fetch, shown] of [
        [null, 'null'],
        [['loss'], 'an array of length 1'],
        [{ a: 'loss' }, 'an object of class Object'],
      ] as const) {
        expect(() => make('x', fetch)).toThrow(
          new ValueError(
            `summary.${kind}: 'fetch' of 'x' must be a name, a tensor, a variable, a symbolic ` +
              `tensor or a function, but got ${shown}.`,
          ),
        );
      }
    },
  );

  it('of images or text has no default for what it fetches', () => {
    expect(() => summary.image('i', undefined as never)).toThrow(/'fetch' of 'i' must be a name/);
    expect(() => summary.text('t', undefined as never)).toThrow(/'fetch' of 't' must be a name/);
  });

  it('that is merged must be in an array, and made here', () => {
    expect(() => summary.merge(summary.scalar('a') as never)).toThrow(
      new ValueError(
        'summary.merge: takes an array of summaries, but got an object of class Object.',
      ),
    );
    expect(() => summary.merge(['loss' as never])).toThrow(
      new ValueError(
        "summary.merge: 'summaryOp' must be made by summary.scalar, histogram, image, text or " +
          'merge, but got "loss".',
      ),
    );
  });
});

describe('summary.histogram', () => {
  itRefuses(
    (options) => summary.histogram('w', 'w', options),
    wrong('summary.histogram', 'buckets', 'a positive integer', notPositiveIntegers),
    notOptions('summary.histogram', 'buckets'),
  );
});

describe('summary.scalar', () => {
  itRefuses(
    (options) => summary.scalar('loss', 'loss', options),
    wrong('summary.scalar', 'description', 'a non-empty string', [
      [5, '5'],
      ['', '""'],
    ]),
    notOptions('summary.scalar', 'description'),
  );
});

describe('summary.image', () => {
  itRefuses(
    (options) => summary.image('i', data, options),
    wrong('summary.image', 'maxOutputs', 'a positive integer', notPositiveIntegers),
    notOptions('summary.image', 'maxOutputs'),
  );
});

describe('writing a summary', () => {
  const { withTensor } = new FakeHost();

  /** What a writer is called with. */
  function written(one: Summary, reading: Reading): unknown {
    const writer = new RecordingWriter();
    void writeSummary(writer, one, reading, 7, withTensor);
    return writer.calls;
  }

  it('hands a scalar over as a number, in whatever shape it came', () => {
    for (const shape of [[], [1], [1, 1]]) {
      const reading = { ...scalarReading('float32', 0.5), shape };
      expect(written(summary.scalar('a'), reading)).toEqual([['scalar', 'a', 0.5, 7]]);
    }
  });

  it('hands text over, nested as it came', () => {
    const text = (data: readonly string[], shape: readonly number[]): unknown =>
      written(summary.text('t', 't'), { dtype: 'string', shape, data });
    expect(text(['a'], [])).toEqual([['text', 't', 'a', 7]]);
    expect(text(['a', 'b'], [2])).toEqual([['text', 't', ['a', 'b'], 7]]);
    expect(text(['a', 'b'], [2, 1])).toEqual([['text', 't', [['a'], ['b']], 7]]);
  });

  it('hands a histogram and images over as a tensor, with their limit', () => {
    const tensor = { dtype: 'float32', shape: [2], data: [1, 2] };
    const kinds = [summary.histogram('x', 'w'), summary.image('x', 'w', { maxOutputs: 1 })];
    expect(kinds.flatMap((one) => written(one, floats([1, 2])))).toEqual([
      ['histogram', 'x', tensor, 7, 30],
      ['image', 'x', tensor, 7, 1],
    ]);
  });

  it('gives what the writer gives, to be waited for', async () => {
    const order: string[] = [];
    const later = async (): Promise<void> => {
      await Promise.resolve();
      order.push('written');
    };
    const writer: SummaryWriter = { scalar: later, histogram: later, flush() {} };
    for (const one of [summary.scalar('x'), summary.histogram('x')]) {
      await writeSummary(writer, one, scalarReading('float32', 1), 7, withTensor);
    }
    expect(order).toEqual(['written', 'written']);
  });

  it('refuses a scalar that is none', () => {
    const message = (shape: string): ValueError =>
      new ValueError(`summary.scalar: 'a' must be a number, but got a value of shape [${shape}].`);
    const op = summary.scalar('a');
    expect(() => written(op, floats([1, 2, 3, 4], [2, 2]))).toThrow(message('2,2'));
    expect(() => written(op, floats([]))).toThrow(message('0'));
    expect(() => written(op, { dtype: 'string', shape: [], data: ['x'] })).toThrow(message(''));
  });

  it('refuses text that is none', () => {
    expect(() => written(summary.text('t', 't'), floats([1, 2]))).toThrow(
      new ValueError("summary.text: 't' must be text, but got 1."),
    );
  });
});
