import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import {
  eventFileWriter,
  type EventFileWriter,
  type EventFileWriterOptions,
} from '../../adapters/node/event-file-writer.js';
import type { TensorLike } from '../../adapters/node/tensor-data.js';
import { ValueError } from '../../lib/index.js';
import {
  eventFileNames,
  readEventFile,
  readEventFiles,
  readEvents,
  type FileValue,
} from '../support/event-file-reader.js';

let dir: string;
let writers: EventFileWriter[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'event-file-writer-'));
  writers = [];
});

afterEach(() => {
  jest.useRealTimers();
  for (const writer of writers) {
    try {
      writer.close();
    } catch {
      // Its file was deleted, by a spec.
    }
  }
  rmSync(dir, { recursive: true, force: true });
});

describe('eventFileWriter', () => {
  it('creates the directory and a file that begins with a version record', () => {
    const run = join(dir, 'a', 'b');
    opened({}, run);

    expect(readEventFiles(run)).toMatchObject([
      {
        name: expect.stringMatching(/^events\.out\.tfevents\.\d{10}\.[\w.-]+\.\d+\.\d+\.v2$/),
        events: [{ fileVersion: 'brain.Event:2', step: 0n, values: [] }],
      },
    ]);
  });

  it('ends the name of the file with the suffix', () => {
    opened({ filenameSuffix: '.eval' });

    expect(eventFileNames(dir)[0]).toMatch(/\.v2\.eval$/);
  });

  it('leaves existing files alone and names its own behind them', () => {
    const existing = 'events.out.tfevents.4000000000.host.1.0.v2';
    writeFileSync(join(dir, existing), 'old');
    opened();
    opened();

    const names = readdirSync(dir);
    expect(names).toHaveLength(3);
    expect(names.filter((name) => name > existing)).toHaveLength(2);
    expect(readFileSync(join(dir, existing), 'utf8')).toBe('old');
  });

  it('writes what is said of a summary with its values', () => {
    const writer = opened();
    writer.scalar('acc', 1, 1);
    writer.describe('loss', 'the **loss**, 損失');
    writer.scalar('loss', 0.5, 1);
    writer.histogram('loss', [1], 2);
    writer.close();

    const [, ...events] = readEventFiles(dir)[0]?.events ?? [];
    expect(events.map(({ values: [value] }) => value?.description)).toEqual([
      '',
      'the **loss**, 損失',
      'the **loss**, 損失',
    ]);
  });

  it('writes the network of a model, in the form that TensorBoard draws', () => {
    const writer = opened();
    const config = '{"class_name":"Sequential","config":{"layers":[]}}';
    writer.graph(config);
    writer.close();

    const [, event] = readEventFiles(dir)[0]?.events ?? [];
    expect(event).toMatchObject({
      step: 0n,
      values: [
        { tag: 'keras', plugin: 'graph_keras_model', content: '1', dataClass: 3, shape: [1] },
      ],
    });
    expect(event?.values[0]?.strings.map(String)).toEqual([config]);
  });

  it.each([undefined, null, 5, '', '{', '5', 'null', {}])(
    'refuses a network that is %p, and the file stays readable',
    (config) => {
      const writer = opened();
      expect(() => writer.graph(config as never)).toThrow(
        new ValueError(
          'eventFileWriter: graph: the configuration must be a JSON object in a string.',
        ),
      );
      writer.close();
      expect(readEventFiles(dir)[0]?.events).toHaveLength(1);
    },
  );

  it('refuses to say of a summary what is no text', () => {
    const writer = opened();
    expect(() => writer.describe('loss', 5 as never)).toThrow(
      new ValueError("eventFileWriter: the description of 'loss' must be a string, but got 5."),
    );
    expect(() => writer.describe(5 as never, 'five')).toThrow(ValueError);
    writer.close();
    expect(() => writer.describe('loss', 'late')).toThrow('is closed');
  });

  it('writes scalars', () => {
    const before = Date.now() / 1000;
    const writer = opened();
    writer.scalar('loss', 0.5, 1);
    writer.scalar('loss', NaN, 2);
    writer.scalar('loss', -Infinity, 2n ** 63n - 1n);
    writer.close();

    const [, ...events] = read();
    expect(events.map(({ step, values }) => [step, values[0]?.floats])).toEqual([
      [1n, [0.5]],
      [2n, [NaN]],
      [2n ** 63n - 1n, [-Infinity]],
    ]);
    expect(events[0]?.values).toMatchObject([
      { tag: 'loss', plugin: 'scalars', dataClass: 1, dtype: 1, shape: [] },
    ]);
    expect(events[0]?.wallTime).toBeGreaterThanOrEqual(before);
    expect(events[0]?.wallTime).toBeLessThanOrEqual(Date.now() / 1000);
  });

  it.each(['', 'x'.repeat(65_536), '損失', '😀', '__proto__', '<script>', 'a/b c\n'])(
    'writes any tag (case %#)',
    (tag) => {
      expect(written((writer) => writer.scalar(tag, 1, 1)).tag).toBe(tag);
    },
  );

  it('writes scalars of one form, whatever the step and however long the tag', () => {
    const writer = opened();
    const tags = ['', 'loss', 'x'.repeat(128), 'x'.repeat(129), '損'.repeat(128), '損'.repeat(129)];
    const steps = [0, 128, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER, -1, 7n, -(2n ** 63n)];
    const values = [0.5, -0, NaN, 1e-45, 1e300];
    const wanted = tags.flatMap((tag) =>
      steps.flatMap((step) => values.map((value) => ({ tag, step, value }))),
    );
    for (const { tag, step, value } of wanted) {
      writer.scalar(tag, value, step);
    }
    writer.close();

    const [, ...events] = read();
    expect(
      events.map(({ step, values: [one] }) => [one?.tag, step, one?.floats, one?.plugin]),
    ).toEqual(
      wanted.map(({ tag, step, value }) => [tag, BigInt(step), [Math.fround(value)], 'scalars']),
    );
  });

  it('replaces lone surrogates', () => {
    expect(written((writer) => writer.scalar('a\ud800b', 1, 1)).tag).toBe('a\ufffdb');
    expect(written((writer) => writer.text('t', '\udc00', 1)).strings).toEqual([
      Buffer.from('\ufffd'),
    ]);
  });

  it('writes histograms', () => {
    const data = tensor('float32', [2, 2], Float32Array.of(1, 2, 3, 5));

    expect(written((writer) => writer.histogram('w', data, 3, 2))).toMatchObject({
      tag: 'w',
      plugin: 'histograms',
      dataClass: 2,
      dtype: 2,
      shape: [2, 3],
      doubles: [1, 3, 2, 3, 5, 2],
    });
  });

  it('takes 30 buckets for a histogram unless told otherwise', () => {
    expect(written((writer) => writer.histogram('w', [], 0)).shape).toEqual([30, 3]);
  });

  it('writes three images of a batch unless told otherwise', () => {
    const batch = tensor('int32', [5, 1, 2, 1], new Int32Array(10));

    expect(written((writer) => writer.image('i', batch, 1))).toMatchObject({
      tag: 'i',
      plugin: 'images',
      dataClass: 3,
      dtype: 7,
      shape: [5],
    });
    expect(written((writer) => writer.image('i', batch, 1, 4)).shape).toEqual([6]);
  });

  it('writes text', () => {
    const text = written((writer) => writer.text('t', [['é'], ['b']], 1));

    expect(text).toMatchObject({ plugin: 'text', dataClass: 2, dtype: 7, shape: [2, 1] });
    expect(text.strings.map(String)).toEqual(['é', 'b']);
  });

  it('marks the start of a session', () => {
    const writer = opened();
    writer.sessionStart(5);
    writer.close();

    expect(read()).toMatchObject([{}, { step: 5n, sessionLog: { status: 1 } }]);
  });

  it('writes when more than maxQueue events wait', () => {
    const writer = opened({ maxQueue: 2 });
    const counts = [1, 2, 3, 4].map((step) => {
      writer.scalar('loss', 0, step);
      return read().length - 1;
    });

    expect(counts).toEqual([0, 0, 3, 3]);
  });

  it('writes when events have waited for flushSecs', () => {
    jest.useFakeTimers();
    const writer = opened();
    writer.scalar('loss', 0, 1);
    jest.advanceTimersByTime(119_000);
    writer.scalar('loss', 0, 2);
    expect(read()).toHaveLength(1);
    jest.advanceTimersByTime(1000);
    writer.scalar('loss', 0, 3);
    expect(read()).toHaveLength(4);
  });

  it('writes at once without a queue, or without patience', () => {
    for (const options of [{ maxQueue: 0 }, { flushSecs: 0 }]) {
      const writer = opened(options);
      writer.scalar('loss', 0, 1);
      expect(read()).toHaveLength(2);
      writer.close();
    }
  });

  it('flushes what waits', () => {
    const writer = opened();
    writer.scalar('loss', 0, 1);
    writer.flush();

    expect(read()).toHaveLength(2);
  });

  it('reads well wherever it is cut', () => {
    const writer = opened();
    writer.scalar('loss', 0.5, 1);
    writer.text('t', 'abc', 2);
    writer.close();

    const bytes = readFileSync(path());
    const counts = Array.from(bytes, (_, length) => readEvents(bytes.subarray(0, length)).length);
    expect([...counts].sort()).toEqual(counts);
    expect(new Set(counts)).toEqual(new Set([0, 1, 2]));
    expect(readEvents(bytes)).toHaveLength(3);
  });

  it('closes once, and then refuses to go on, naming the file', () => {
    const writer = opened();
    writer.scalar('loss', 0, 1);
    writer.close();
    writer.close();

    expect(read()).toHaveLength(2);
    expect(() => writer.scalar('loss', 0, 2)).toThrow(`${path()} is closed`);
    expect(() => writer.sessionStart(1)).toThrow(`${path()} is closed`);
    expect(() => writer.flush()).toThrow(`${path()} is closed`);
  });

  it('names a file that was deleted, within a hundredth of a second', () => {
    jest.useFakeTimers();
    const writer = opened();
    const gone = path();
    rmSync(gone);
    jest.advanceTimersByTime(10);
    writer.scalar('loss', 0, 1);

    expect(() => writer.flush()).toThrow(`cannot write ${gone}: the file was deleted`);
    expect(() => writer.close()).toThrow(gone);
    expect(() => writer.close()).not.toThrow();
  });

  it('finds out when it is closed at the latest', () => {
    const writer = opened();
    rmSync(path());

    expect(() => writer.close()).toThrow('the file was deleted');
  });

  it('finds out without being asked, and keeps what comes', () => {
    jest.useFakeTimers();
    const writer = opened({ maxQueue: 0 });
    const gone = path();
    writer.scalar('loss', 0, 1);
    rmSync(gone);
    jest.advanceTimersByTime(10);

    expect(() => writer.scalar('loss', 0, 2)).toThrow(`cannot write ${gone}: the file was deleted`);
    expect(() => writer.scalar('loss', 0, 3)).toThrow(gone);
    expect(() => writer.text('t', 'x', 3)).toThrow(gone);
  });

  it('names a directory that cannot be', () => {
    const file = join(dir, 'file');
    writeFileSync(file, '');

    expect(() => opened({}, join(file, 'run'))).toThrow(join(file, 'run'));
    expect(statSync(file).size).toBe(0);
  });
});

describe('eventFileWriter refuses', () => {
  const pixel = tensor('int32', [1, 1, 1, 1], [0]);

  it.each<[string, () => unknown, string]>([
    ['no directory', () => eventFileWriter(''), "directory must be a non-empty string, but got ''"],
    ['a directory that is a number', () => eventFileWriter(wrong(5)), 'but got 5'],
    ['an unknown option', () => opened(wrong({ queue: 1 })), "no option 'queue'"],
    ['options that are no object', () => opened(wrong(5)), 'options must be an object, but got 5'],
    ['maxQueue -1', () => opened({ maxQueue: -1 }), "'maxQueue' must be"],
    ['maxQueue as text', () => opened({ maxQueue: wrong('5') }), "'maxQueue' must be"],
    ['flushSecs NaN', () => opened({ flushSecs: NaN }), "'flushSecs' must be"],
    ['flushSecs Infinity', () => opened({ flushSecs: Infinity }), 'but got Infinity'],
    ['a suffix with a slash', () => opened({ filenameSuffix: '/x' }), "'filenameSuffix' must be"],
  ])('%s', (_, open, message) => {
    expect(open).toThrow(ValueError);
    expect(open).toThrow('eventFileWriter');
    expect(open).toThrow(message);
    expect(readdirSync(dir)).toEqual([]);
  });

  it.each<[string, (writer: EventFileWriter) => void, string]>([
    ['a name that is no string', (w) => w.scalar(wrong(5), 1, 1), 'must be a string, but got 5'],
    ['a symbol as name', (w) => w.text(wrong(Symbol('s')), '', 1), 'must be a string'],
    ['a value that is no number', (w) => w.scalar('a', wrong('1'), 1), "scalar 'a': the value"],
    ['a step that is missing', (w) => w.scalar('a', 1, wrong(undefined)), 'but got undefined'],
    ['step NaN', (w) => w.scalar('a', 1, NaN), "scalar 'a': the step"],
    ['a fractional step', (w) => w.text('a', '', 1.5), "text 'a': the step"],
    ['an unsafe step', (w) => w.scalar('a', 1, 2 ** 53), 'but got 9007199254740992'],
    ['a step past int64', (w) => w.scalar('a', 1, 2n ** 63n), 'but got 9223372036854775808n'],
    ['a fractional session start', (w) => w.sessionStart(0.5), 'sessionStart: the step'],
    ['fewer than no buckets', (w) => w.histogram('a', [1], 1, -1), "'buckets' must be"],
    ['half an output', (w) => w.image('a', pixel, 1, 0.5), "'maxOutputs' must be"],
    ['histogram data with text', (w) => w.histogram('a', wrong(['b']), 1), "histogram 'a': the"],
    ['an image that is no tensor', (w) => w.image('a', wrong([[1]]), 1), "image 'a': the data"],
    ['text that is none', (w) => w.text('a', wrong(5), 1), "text 'a': the value"],
  ])('%s, and writes nothing of it', (_, write, message) => {
    const writer = opened();
    expect(() => write(writer)).toThrow(ValueError);
    expect(() => write(writer)).toThrow('eventFileWriter');
    expect(() => write(writer)).toThrow(message);
    writer.scalar('ok', 1, 1);
    writer.close();

    expect(read().flatMap(({ values }) => values.map(({ tag }) => tag))).toEqual(['ok']);
  });
});

function opened(options?: EventFileWriterOptions, directory = dir): EventFileWriter {
  const writer = eventFileWriter(directory, options);
  writers.push(writer);
  return writer;
}

/** The one summary that `write` writes. */
function written(write: (writer: EventFileWriter) => void): FileValue {
  const writer = opened();
  write(writer);
  writer.close();
  const [, event] = read();
  expect(event?.values).toHaveLength(1);
  return event!.values[0]!;
}

/** The events of the newest file. */
function read(): ReturnType<typeof readEventFile> {
  return readEventFile(path());
}

function path(): string {
  return join(dir, eventFileNames(dir).at(-1)!);
}

function tensor(dtype: string, shape: number[], values: ArrayLike<number> | string[]): TensorLike {
  return { dtype, shape, dataSync: () => values };
}

/** A value that the types would not let through. */
function wrong(value: unknown): never {
  return value as never;
}
