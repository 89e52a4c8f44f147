// What does an event cost, against the system's own write, a plain encoder, and TensorFlow's?
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventFileWriter } from 'tfjs-hooks';
import { alternate, median, ratio, report, reportMissing, shown, significant } from './measure.js';
import { native, NO_NATIVE } from './native.js';
import { PlainWriter } from './plain-encoder.js';

const EVENTS = 1e5;
const VALUES = 1e6;
const directory = mkdtempSync(join(tmpdir(), 'tfjs-hooks-bench-'));
let files = 0;

/** A new path. What was at the one before goes: writing it to the disk would take time from the rest. */
function fresh() {
  rmSync(join(directory, String(files)), { recursive: true, force: true });
  files += 1;
  return join(directory, String(files));
}

/**
 * @param {number} count
 * @param {() => { scalar(name: string, value: number, step: number): void, end(): void }} open
 * @param {(writer: any) => void} [afterEach]
 */
function timed(count, open, afterEach) {
  return () => {
    const writer = open();
    const begun = performance.now();
    for (let step = 0; step < count; step++) {
      writer.scalar('loss', 1 / (step + 1), step);
      afterEach?.(writer);
    }
    writer.end();
    return performance.now() - begun;
  };
}

/** @param {import('tfjs-hooks').EventFileWriterOptions} [options] */
function ours(options) {
  const writer = eventFileWriter(fresh(), options);
  return {
    scalar: (/** @type {string} */ name, /** @type {number} */ value, /** @type {number} */ step) =>
      writer.scalar(name, value, step),
    flush: () => writer.flush(),
    end: () => writer.close(),
  };
}

/** The bytes that an event file of so many events has. */
function sameBytes() {
  const own = fresh();
  const writer = eventFileWriter(own, { maxQueue: EVENTS });
  for (let step = 0; step < EVENTS; step++) {
    writer.scalar('loss', 1 / (step + 1), step);
  }
  writer.close();
  return readFileSync(join(own, /** @type {string} */ (readdirSync(own)[0])));
}

const bytes = sameBytes();

function raw() {
  const file = openSync(fresh(), 'wx');
  const begun = performance.now();
  for (let at = 0; at < bytes.length; at += 65536) {
    writeSync(file, bytes, at, Math.min(65536, bytes.length - at));
  }
  const taken = performance.now() - begun;
  closeSync(file);
  return taken;
}

/** Writes what one event takes, as each flush does, and nothing else. */
function writing() {
  const file = openSync(fresh(), 'wx');
  const size = Math.round(bytes.length / EVENTS);
  const begun = performance.now();
  for (let step = 0; step < EVENTS / 10; step++) {
    writeSync(file, bytes, 0, size);
  }
  const taken = performance.now() - begun;
  closeSync(file);
  return taken;
}

const plain = (/** @type {number} */ maxQueue) => () => new PlainWriter(fresh(), maxQueue);

const figures = await alternate(
  {
    raw,
    queued: timed(EVENTS, () => ours({ maxQueue: 1000 })),
    byDefault: timed(EVENTS, () => ours()),
    plain: timed(EVENTS, plain(1000)),
    flushed: timed(
      EVENTS / 10,
      () => ours(),
      (writer) => writer.flush(),
    ),
    writing,
  },
  { rounds: 15, warmUp: 3 },
);
const per = (/** @type {readonly number[]} */ values) =>
  `${significant((median(values) * 1000) / EVENTS, 3)} us`;
report(
  `${EVENTS} scalars with maxQueue 1000, against writeSync of the same bytes in 64 KiB`,
  'at most 16 times',
  `${shown(ratio(figures.queued, figures.raw))} times; ${per(figures.queued)} an event; a plain ` +
    `encoder ${shown(ratio(figures.plain, figures.raw))} times`,
  ratio(figures.queued, figures.raw).median <= 16,
);
report(
  `${EVENTS} scalars with default options, against a plain encoder that queues 1000`,
  'at most 5 times',
  `${shown(ratio(figures.byDefault, figures.plain))} times; ${per(figures.byDefault)} an event`,
  ratio(figures.byDefault, figures.plain).median <= 5,
);
const flushed = (median(figures.flushed) * 1000) / (EVENTS / 10);
const calls = (median(figures.writing) * 1000) / (EVENTS / 10);
report(
  'a scalar that is flushed each step',
  '3 us an event',
  `${significant(flushed, 3)} us; writeSync alone ${significant(calls, 3)} us`,
  flushed <= 3,
);

const data = Float32Array.from({ length: VALUES }, (_, i) => Math.sin(i) * 10);
const histogramWriter = eventFileWriter(fresh());
const histograms = await alternate(
  {
    ours: () => {
      const begun = performance.now();
      histogramWriter.histogram('weights', data, 1);
      return performance.now() - begun;
    },
    loop: () => {
      const begun = performance.now();
      plainHistogram(data, 30);
      return performance.now() - begun;
    },
  },
  { rounds: 30, warmUp: 5 },
);
histogramWriter.close();
report(
  `a histogram of ${VALUES} numbers, against a plain loop over them`,
  'at most 5 times',
  `${shown(ratio(histograms.ours, histograms.loop))} times; ` +
    `${significant(median(histograms.ours), 3)} ms`,
  ratio(histograms.ours, histograms.loop).median <= 5,
);

/**
 * @param {Float32Array} values
 * @param {number} count
 */
function plainHistogram(values, count) {
  let [min, max] = [Infinity, -Infinity];
  for (const value of values) {
    min = value < min ? value : min;
    max = value > max ? value : max;
  }
  const counts = new Float64Array(count);
  const scale = count / (max - min);
  for (let i = 0; i < values.length; i++) {
    const at = Math.min(Math.floor((/** @type {number} */ (values[i]) - min) * scale), count - 1);
    counts[at] = /** @type {number} */ (counts[at]) + 1;
  }
  return counts;
}

const NATIVE = 'at least 50 times faster';
const node = await native();
for (const options of [{ maxQueue: 1000 }, {}]) {
  const how = options.maxQueue === undefined ? 'with default options' : 'with maxQueue 1000';
  const question = `${EVENTS} scalars ${how}, against tf.node.summaryFileWriter ${how}`;
  if (node === undefined) {
    reportMissing(question, NATIVE, NO_NATIVE);
    continue;
  }
  const theirs = () => {
    const writer = node.node.summaryFileWriter(fresh(), options.maxQueue);
    return Object.assign(writer, { end: () => writer.flush() });
  };
  const both = await alternate(
    { theirs: timed(EVENTS, theirs), ours: timed(EVENTS, () => ours(options)) },
    { rounds: 7, warmUp: 1 },
  );
  const quotient = ratio(both.theirs, both.ours);
  report(
    question,
    NATIVE,
    `${shown(quotient)} times; ${per(both.ours)} against ${per(both.theirs)} an event`,
    quotient.median >= 50,
    `to write takes ${significant(calls, 2)} us, which by default eleven events share.`,
  );
}
rmSync(directory, { recursive: true });
