import { describe, expect, it } from '@jest/globals';

import type { SummaryWriter } from '../lib/index.js';
import { SummaryWriters, writerOf } from '../lib/summary-writers.js';
import { FakeHost, run } from './support/fake-session.js';
import { rejectionOf } from './support/recorder.js';
import { RecordingWriter } from './support/recording.js';
import { times } from './support/times.js';

const error = new Error('The disk is full.');

/** The writers of a host whose directories have these writers. */
function writersOf(byDirectory: Readonly<Record<string, SummaryWriter>>): SummaryWriters {
  const openSummaryWriter = (dir: string): SummaryWriter => byDirectory[dir] as SummaryWriter;
  return new SummaryWriters(new FakeHost({ openSummaryWriter }));
}

describe('the writers of a run', () => {
  it('are one for each directory, however it is spelled', () => {
    const host = new FakeHost();
    const writers = new SummaryWriters(host);
    const writer = writers.open('run');
    expect([writers.open('./run'), writers.open('run/')]).toEqual([writer, writer]);
    expect(writers.open('other')).not.toBe(writer);
    expect([...host.writers.keys()]).toEqual(['run', 'other']);
  });

  it('mark where the run starts, each in its file', async () => {
    const [a, b] = [new RecordingWriter(), new RecordingWriter()];
    const writers = writersOf({ a, b });
    writers.open('a');
    writers.open('b');
    await writers.start(41);
    expect([a.calls, b.calls]).toEqual(times(2, [['start', 41]]));
  });

  it('are flushed once behind whatever was written', () => {
    const a = new RecordingWriter();
    const writers = writersOf({ a });
    const writer = writers.open('a');
    expect(writers.flush()).toBeUndefined();
    expect(a.calls).toEqual([]);
    void writer.scalar('x', 1, 1);
    void writer.scalar('y', 1, 1);
    void writers.flush();
    void writers.flush();
    expect(a.count('flush')).toBe(1);
    for (const kind of ['histogram', 'image', 'text'] as const) {
      void writer[kind]?.('x', { dataSync: () => [] } as never, 2);
      void writers.flush();
    }
    expect(a.count('flush')).toBe(4);
  });

  it('write the network of a model once, and pass on what is said of a summary', () => {
    const a = new RecordingWriter();
    const writer = writersOf({ a }).open('a');
    void writer.describe?.('x', 'what it is');
    void writer.graph?.('{}');
    void writer.graph?.('{}');
    expect(a.calls).toEqual([
      ['describe', 'x', 'what it is'],
      ['graph', '{}'],
    ]);
  });

  it('are waited for where a flush takes time', async () => {
    const order: string[] = [];
    const slow = (name: string): SummaryWriter => ({
      scalar() {},
      flush: async () => {
        await Promise.resolve();
        order.push(name);
      },
    });
    const writers = writersOf({ a: slow('a'), b: slow('b') });
    void writers.open('a').scalar('x', 1, 1);
    void writers.open('b').scalar('x', 1, 1);
    await writers.flush();
    expect(order).toEqual(['a', 'b']);
  });

  it('have the methods of what they write to, no more, and call them on it', () => {
    class Plain {
      readonly #names: string[] = [];

      get names(): readonly string[] {
        return this.#names;
      }

      scalar(name: string): void {
        this.#names.push(name);
      }

      text(name: string): void {
        this.#names.push(name);
      }

      flush(): void {}
    }
    const plain = new Plain();
    const writer = writersOf({ a: plain }).open('a');
    expect(Object.keys(writer)).toEqual(['scalar', 'flush', 'text']);
    void writer.scalar('x', 1, 1);
    void writer.text?.('y', 'text', 1);
    expect(plain.names).toEqual(['x', 'y']);
  });

  it('are all flushed and closed though one fails, and the first error is thrown', async () => {
    const fail = (): never => {
      throw error;
    };
    const a: SummaryWriter = { scalar() {}, flush: fail, close: () => Promise.reject(new Error()) };
    const b = new RecordingWriter();
    const writers = writersOf({ a, b, c: { scalar() {}, flush() {} } });
    for (const dir of ['a', 'b', 'c']) {
      writers.open(dir);
    }
    expect(await rejectionOf(writers.close())).toBe(error);
    expect(b.calls).toEqual([['flush'], ['close']]);
    await writers.close();
    expect(b.calls).toHaveLength(2);
  });
});

describe('the writers of a run that fails', () => {
  it('have on disk what was written', async () => {
    const host = new FakeHost();
    const hook = {
      begin: (session: never) =>
        void writerOf('Hook', session, { outputDir: 'run' })?.scalar('x', 1, 1),
      afterRun: () => Promise.reject(error),
    };
    expect(await rejectionOf(run(hook, 1, { host }))).toBe(error);
    const kinds = host.writer('run').calls.map(([kind]) => kind);
    expect(kinds).toEqual(['scalar', 'start', 'flush', 'close']);
  });

  it('do not hide why it failed', async () => {
    const openSummaryWriter = (): SummaryWriter => ({
      scalar() {},
      flush: () => Promise.reject(new Error('second')),
    });
    const hook = {
      begin: (session: never) => void writerOf('Hook', session, { outputDir: 'run' }),
      afterRun: () => Promise.reject(error),
    };
    expect(await rejectionOf(run(hook, 1, { openSummaryWriter }))).toBe(error);
  });

  it('fail it themselves where they cannot be flushed at the end', async () => {
    const openSummaryWriter = (): SummaryWriter => ({
      scalar() {},
      flush: () => Promise.reject(error),
    });
    const hook = { begin: (session: never) => void writerOf('H', session, { outputDir: 'run' }) };
    const host = new FakeHost({ openSummaryWriter });
    expect(await rejectionOf(run(hook, 1, { host }))).toBe(error);
    expect(host.closed).toBe(1);
  });
});

describe('the writer of a hook', () => {
  it('is the one it was given, or else that of its directory, or none', async () => {
    const summaryWriter = new RecordingWriter();
    const { session, host } = await run({}, 0);
    expect(writerOf('Hook', session, { summaryWriter, outputDir: 'run' })).toBe(summaryWriter);
    expect(writerOf('Hook', session, {})).toBeUndefined();
    expect(host.writers.size).toBe(0);
    expect(writerOf('Hook', session, { outputDir: 'run' })).toBeDefined();
    expect([...host.writers.keys()]).toEqual(['run']);
  });

  it("of a directory needs the session of one of the package's drivers", () => {
    expect(() => writerOf('Hook', {} as never, { outputDir: 'run' })).toThrow(
      "Hook: needs the session of one of this package's drivers.",
    );
  });
});
