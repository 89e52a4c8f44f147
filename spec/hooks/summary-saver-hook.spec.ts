import { describe, expect, it } from '@jest/globals';
import { GlobalStep, Scaffold, summary, SummarySaverHook } from 'tfjs-hooks';
import type { SummarySaverHookOptions, SummaryWriter } from 'tfjs-hooks';

import { FakeHost, FakeTensor, floats, run } from '../support/fake-session.js';
import type { Ran, RunOptions } from '../support/fake-session.js';
import { RecordingWriter } from '../support/recording.js';
import {
  itRefuses,
  notNames,
  notOptions,
  notPositiveIntegers,
  notSeconds,
  notWriters,
  wrong,
} from '../support/rejected-options.js';

/** A fetch that gives 1, 2, 3, ..., one each time it is read. */
function counting(factor: number = 1): () => number {
  let reads = 0;
  return () => {
    reads += 1;
    return factor * reads;
  };
}

interface Wrote extends Ran {
  readonly writer: RecordingWriter;
  /** Step and value of each scalar. */
  readonly scalars: readonly (readonly [step: number, value: number])[];
}

/** A run with a hook that writes how often it reads, as TensorFlow's own tests do. */
async function write(
  options: Partial<SummarySaverHookOptions>,
  steps: number,
  runOptions: RunOptions = {},
): Promise<Wrote> {
  const writer = new RecordingWriter();
  const hook = new SummarySaverHook({
    summaryWriter: writer,
    summaryOp: summary.scalar('my_summary', counting()),
    ...options,
  });
  const ran = await run(hook, steps, runOptions);
  return { ...ran, writer, scalars: writer.scalars.map(([, value, step]) => [step, value]) };
}

describe('SummarySaverHook', () => {
  it('writes every saveSteps steps, the first included', async () => {
    const { scalars, lines } = await write({ saveSteps: 8 }, 30);
    expect(scalars).toEqual([
      [1, 1],
      [9, 2],
      [17, 3],
      [25, 4],
    ]);
    expect(lines).toEqual([]);
  });

  it('writes every saveSecs seconds, at the first step too', async () => {
    const every = await write({ saveSecs: 0.5 }, 4, { secsPerStep: 0, secsBetween: 0.5 });
    expect(every.scalars.map(([step]) => step)).toEqual([1, 2, 3, 4]);
    const third = await write({ saveSecs: 9 }, 8, { secsPerStep: 0, secsBetween: 3.125 });
    expect(third.scalars.map(([step]) => step)).toEqual([1, 4, 7]);
  });

  it('writes every step where saveSecs is 0', async () => {
    const { scalars } = await write({ saveSecs: 0 }, 3, { secsPerStep: 0 });
    expect(scalars).toHaveLength(3);
  });

  it('writes several summaries at one step', async () => {
    const summaryOp = [
      summary.scalar('my_summary', counting()),
      [summary.merge([summary.scalar('my_summary2', counting(2))])],
    ];
    const { writer } = await write({ saveSteps: 8, summaryOp }, 10);
    expect(writer.scalars).toEqual([
      ['my_summary', 1, 1],
      ['my_summary2', 2, 1],
      ['my_summary', 2, 9],
      ['my_summary2', 4, 9],
    ]);
  });

  it("writes a scaffold's summary, and nothing where it has none", async () => {
    const scaffold = new Scaffold({ summaryOp: summary.scalar('loss') });
    const { scalars } = await write({ saveSteps: 1, summaryOp: undefined, scaffold }, 1);
    expect(scalars).toEqual([[1, 0.5]]);
    const empty = { saveSteps: 1, summaryOp: undefined, scaffold: new Scaffold() };
    const { writer, host } = await write(empty, 3);
    expect(writer.calls).toEqual([['flush']]);
    expect(host.reads).toEqual([]);
  });

  it('counts by the global step, from where the run begins', async () => {
    const { scalars } = await write({ saveSteps: 2 }, 4, { globalStep: 100 });
    expect(scalars.map(([step]) => step)).toEqual([101, 103]);
  });

  it('reads in the steps in which it writes, each fetch once, and in no other', async () => {
    const summaryOp = [summary.scalar('a', 'loss'), summary.scalar('b', 'loss')];
    const { host } = await write({ saveSteps: 2, summaryOp }, 4);
    expect(host.reads).toEqual([['loss'], ['loss']]);
  });

  it('gives the writer a tensor that lives for the call', async () => {
    const summaryOp = [
      summary.histogram('h', 'w', { buckets: 5 }),
      summary.image('i', new FakeTensor(floats([0, 1], [1, 2, 1, 1]))),
    ];
    const weights = { w: floats([1, 2, 3, 4], [2, 2]) };
    const { writer } = await write({ saveSteps: 1, summaryOp }, 1, { weights });
    expect(writer.calls.slice(0, 2)).toEqual([
      ['histogram', 'h', { dtype: 'float32', shape: [2, 2], data: [1, 2, 3, 4] }, 1, 5],
      ['image', 'i', { dtype: 'float32', shape: [1, 2, 1, 1], data: [0, 1] }, 1, 3],
    ]);
    expect(writer.tensors.map(({ isDisposed }) => isDisposed)).toEqual([true, true]);
  });

  it('writes text', async () => {
    const text = { dtype: 'string', shape: [], data: ['**hello**'] };
    const summaryOp = summary.text('t', 'note');
    const { writer } = await write({ saveSteps: 1, summaryOp }, 1, { weights: { note: text } });
    expect(writer.calls[0]).toEqual(['text', 't', '**hello**', 1]);
  });

  it('writes NaN and infinity as they are', async () => {
    const summaryOp = [summary.scalar('a', () => Number.NaN), summary.scalar('b', () => -Infinity)];
    const { scalars } = await write({ saveSteps: 1, summaryOp }, 1);
    expect(scalars).toEqual([
      [1, Number.NaN],
      [1, -Infinity],
    ]);
  });

  it('waits for its writer', async () => {
    const order: string[] = [];
    const summaryWriter: SummaryWriter = {
      scalar: async (name) => {
        await Promise.resolve();
        order.push(name);
      },
      flush: () => void order.push('flush'),
    };
    const summaryOp = [summary.scalar('a', 'loss'), summary.scalar('b', 'loss')];
    await write({ saveSteps: 1, summaryWriter, summaryOp }, 1);
    expect(order).toEqual(['a', 'b', 'flush']);
  });

  it('opens a writer of outputDir, flushed behind each step in which it wrote', async () => {
    const { host } = await write({ saveSteps: 2, summaryWriter: undefined, outputDir: 'run' }, 3);
    expect(host.writer('run').calls).toEqual([
      ['start', 1],
      ['scalar', 'my_summary', 1, 1],
      ['flush'],
      ['scalar', 'my_summary', 2, 3],
      ['flush'],
      ['flush'],
      ['close'],
    ]);
  });

  it('writes the network of the model once into the file of outputDir, behind its start', async () => {
    const options = { saveSteps: 1, summaryOp: summary.scalar('loss'), outputDir: 'run' };
    const hooks = [new SummarySaverHook(options), new SummarySaverHook(options)];
    const { host } = await run(hooks, 2, { modelConfig: '{"class_name":"Model"}' });
    const { calls } = host.writer('run');
    expect(calls.slice(0, 2)).toEqual([
      ['start', 1],
      ['graph', '{"class_name":"Model"}'],
    ]);
    expect(host.writer('run').count('graph')).toBe(1);
  });

  it('writes no network to a writer that was given, nor to one that has no room for it', async () => {
    const modelConfig = '{"class_name":"Model"}';
    const { writer } = await write({ saveSteps: 1, outputDir: 'run' }, 1, { modelConfig });
    expect(writer.count('graph')).toBe(0);
    const scalars: string[] = [];
    const openSummaryWriter = (): SummaryWriter => ({
      scalar: (name) => void scalars.push(name),
      flush() {},
    });
    const options = { saveSteps: 1, summaryWriter: undefined, outputDir: 'run' };
    await write(options, 1, { modelConfig, openSummaryWriter });
    expect(scalars).toEqual(['my_summary']);
  });

  it('says at begin what a scalar is', async () => {
    const summaryOp = summary.scalar('loss', 'loss', { description: 'the **loss**' });
    const { writer } = await write({ saveSteps: 1, summaryOp }, 2);
    expect(writer.calls.slice(0, 2)).toEqual([
      ['describe', 'loss', 'the **loss**'],
      ['scalar', 'loss', 0.5, 1],
    ]);
    expect(writer.count('describe')).toBe(1);
  });

  it('opens no directory where a writer is given', async () => {
    const { host, scalars } = await write({ saveSteps: 2, outputDir: 'run' }, 3);
    expect([host.writers.size, scalars.length]).toEqual([0, 2]);
  });

  it('flushes a writer that was given at the end and on abort, and never closes it', async () => {
    const { writer } = await write({ saveSteps: 5 }, 3);
    expect(writer.calls.map(([kind]) => kind)).toEqual(['scalar', 'flush']);
    const summaryWriter = new RecordingWriter();
    const step = (i: number): void => {
      if (i === 1) {
        throw new Error('no');
      }
    };
    const failing = write({ saveSteps: 5, summaryWriter }, 3, { step });
    await expect(failing).rejects.toThrow('no');
    expect(summaryWriter.calls.map(([kind]) => kind)).toEqual(['scalar', 'flush']);
  });

  it('begins with a writer that has what the summaries need, or not at all', async () => {
    const summaryWriter = { scalar() {}, flush() {} };
    const data = new FakeTensor(floats([1]));
    const message = (kind: string): string =>
      `SummarySaverHook: the writer has no method '${kind}', which the summary 'x' needs.`;
    for (const kind of ['histogram', 'image', 'text'] as const) {
      const host = new FakeHost();
      const options = { saveSteps: 1, summaryWriter, summaryOp: summary[kind]('x', data) };
      await expect(write(options, 1, { host })).rejects.toThrow(message(kind));
      expect(host.reads).toEqual([]);
    }
  });

  it('begins with a writer that takes descriptions, where there is one, or not at all', async () => {
    const summaryWriter = { scalar() {}, flush() {} };
    const summaryOp = summary.scalar('x', 'loss', { description: 'what it is' });
    await expect(write({ saveSteps: 1, summaryWriter, summaryOp }, 1)).rejects.toThrow(
      "SummarySaverHook: the writer has no method 'describe', which the description of 'x' needs.",
    );
  });

  it('throws on a scalar that is none, and on an unknown name, in the first step', async () => {
    const weights = { w: floats([1, 2]) };
    const notScalar = write({ saveSteps: 1, summaryOp: summary.scalar('w') }, 1, { weights });
    await expect(notScalar).rejects.toThrow(
      "summary.scalar: 'w' must be a number, but got a value of shape [2].",
    );
    const unknown = write({ saveSteps: 1, summaryOp: summary.scalar('lss') }, 1);
    await expect(unknown).rejects.toThrow("No value named 'lss' in this step.");
  });

  it('serves a second run, and writes its first step', async () => {
    const globalStep = new GlobalStep();
    const writer = new RecordingWriter();
    const hook = new SummarySaverHook({
      saveSteps: 10,
      summaryWriter: writer,
      summaryOp: summary.scalar('loss'),
    });
    await run(hook, 3, { globalStep });
    await run(hook, 3, { globalStep });
    expect(writer.scalars.map(([, , step]) => step)).toEqual([1, 4]);
  });

  const op = { summaryOp: summary.scalar('loss') };
  const writer = { summaryWriter: new RecordingWriter() };
  const scaffold = { scaffold: new Scaffold() };
  const exactly = (one: string, other: string, came: string): string =>
    `SummarySaverHook: exactly one of '${one}' and '${other}' must be given, but got ${came}.`;

  itRefuses(
    (options) => new SummarySaverHook(options),
    [
      [undefined, exactly('scaffold', 'summaryOp', 'neither')],
      [{ ...writer, saveSteps: 1 }, exactly('scaffold', 'summaryOp', 'neither')],
      [{ ...writer, ...op, ...scaffold, saveSteps: 1 }, exactly('scaffold', 'summaryOp', 'both')],
      [{ ...writer, ...op }, exactly('saveSteps', 'saveSecs', 'neither')],
      [{ ...writer, ...op, saveSteps: 1, saveSecs: 1 }, exactly('saveSteps', 'saveSecs', 'both')],
      [
        { ...op, saveSteps: 1 },
        "SummarySaverHook: one of 'outputDir' and 'summaryWriter' must be given, but got neither.",
      ],
      ...['loss', { kind: 'tensor' }, [summary.scalar('loss'), null]].map(
        (summaryOp, i): readonly [object, string] => [
          { ...writer, saveSteps: 1, summaryOp },
          `SummarySaverHook: 'summaryOp' must be made by summary.scalar, histogram, image, text ` +
            `or merge, but got ${['"loss"', 'an object of class Object', 'null'][i]}.`,
        ],
      ),
    ],
    wrong('SummarySaverHook', 'saveSteps', 'a positive integer', notPositiveIntegers, op),
    wrong('SummarySaverHook', 'saveSecs', 'a non-negative number of seconds', notSeconds, op),
    wrong('SummarySaverHook', 'outputDir', 'a non-empty string', notNames, op),
    wrong('SummarySaverHook', 'summaryWriter', 'an object with scalar(), flush()', notWriters, op),
    wrong('SummarySaverHook', 'scaffold', 'a Scaffold', [['scaffold', '"scaffold"']]),
    notOptions(
      'SummarySaverHook',
      'saveSteps, saveSecs, outputDir, summaryWriter, scaffold, summaryOp',
    ),
  );
});

describe('SummarySaverHook, of a metric that only epochs have,', () => {
  const epochs = [{ val_loss: 0.25 }, { val_loss: 0.125 }];
  const inEpochs = { epochSize: 2, epochs, epochMetrics: ['val_loss'] };
  const summaryOp = [summary.scalar('loss'), summary.scalar('val_loss')];

  it('writes it behind each epoch, at the global step then, whatever the interval', async () => {
    const { writer } = await write({ saveSteps: 100, summaryOp }, 4, inEpochs);
    expect(writer.scalars).toEqual([
      ['loss', 0.5, 1],
      ['val_loss', 0.25, 2],
      ['val_loss', 0.125, 4],
    ]);
  });

  it('reads nothing in steps where it has nothing else, and flushes behind the epoch', async () => {
    const options = { saveSteps: 1, summaryOp: summaryOp[1], summaryWriter: undefined };
    const { host } = await write({ ...options, outputDir: 'run' }, 4, inEpochs);
    expect(host.reads).toEqual([['val_loss'], ['val_loss']]);
    const kinds = host.writer('run').calls.map(([kind]) => kind);
    expect(kinds).toEqual(['start', 'scalar', 'flush', 'scalar', 'flush', 'flush', 'close']);
  });

  it('writes nothing behind an epoch that has none', async () => {
    const { scalars } = await write({ saveSteps: 100, summaryOp }, 4, {
      ...inEpochs,
      epochs: [{}, { val_loss: 0.125 }],
    });
    expect(scalars.map(([step]) => step)).toEqual([1, 4]);
  });

  it('takes it for an unknown name where no epoch has it', async () => {
    const options = { ...inEpochs, epochs: [], epochMetrics: [] };
    await expect(write({ saveSteps: 1, summaryOp }, 4, options)).rejects.toThrow(
      "No value named 'val_loss' in this step.",
    );
  });
});
