// What all benchmarks share: runs in turn in one process, medians, and how the rows are told.
import { cpus, totalmem } from 'node:os';

/**
 * What came of one question.
 *
 * @typedef {object} Row
 * @property {string} question
 * @property {string} target
 * @property {string} measured
 * @property {boolean | undefined} met `undefined` where it was not measured.
 * @property {string | undefined} limit What the rest is made of, where the target is missed.
 */

/** @typedef {{ median: number, low: number, high: number }} Spread */

/** @param {readonly number[]} values */
export function median(values) {
  return quantile(values, 0.5);
}

/**
 * @param {readonly number[]} values
 * @param {number} part
 */
export function quantile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = part * (sorted.length - 1);
  const below = sorted[Math.floor(at)] ?? NaN;
  const above = sorted[Math.ceil(at)] ?? NaN;
  return below + (above - below) * (at - Math.floor(at));
}

/**
 * The median of values, and the quartiles around it.
 *
 * @param {readonly number[]} values
 * @returns {Spread}
 */
export function spread(values) {
  return { median: median(values), low: quantile(values, 0.25), high: quantile(values, 0.75) };
}

/**
 * Runs several things in turn, A B C A B C and so on, and gives the figures of each: the order turns
 * round with every round, so that none of them always follows the same other.
 *
 * @template {string} K
 * @param {Readonly<Record<K, (round: number) => number | Promise<number>>>} runs Each gives its own
 *   figure: a time, a number of bytes.
 * @param {{ rounds: number, warmUp?: number }} options
 * @returns {Promise<Record<K, number[]>>}
 */
export async function alternate(runs, { rounds, warmUp = 1 }) {
  const names = /** @type {K[]} */ (Object.keys(runs));
  const figures = /** @type {Record<K, number[]>} */ ({});
  for (const name of names) {
    figures[name] = [];
  }
  for (let round = -warmUp; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : [...names].reverse()) {
      const figure = await runs[name](round);
      if (round >= 0) {
        figures[name].push(figure);
      }
    }
  }
  return figures;
}

/**
 * The ratio of two medians, and the spread of the ratios round by round.
 *
 * @param {readonly number[]} own
 * @param {readonly number[]} other
 * @returns {Spread}
 */
export function ratio(own, other) {
  const ratios = own.map((value, i) => value / (other[i] ?? NaN));
  return { ...spread(ratios), median: median(own) / median(other) };
}

/**
 * A figure with its spread, `1.2 (1.1 to 1.3)`.
 *
 * @param {Spread} value
 * @param {number} [digits]
 */
export function shown({ median, low, high }, digits = 2) {
  const [middle, from, to] = [median, low, high].map((value) => significant(value, digits));
  return `${middle} (${from} to ${to})`;
}

/**
 * @param {number} value
 * @param {number} digits
 */
export function significant(value, digits) {
  return Number.isFinite(value) ? String(Number(value.toPrecision(digits))) : String(value);
}

/**
 * The milliseconds that something takes.
 *
 * @param {() => unknown} act
 */
export async function milliseconds(act) {
  const begun = performance.now();
  await act();
  return performance.now() - begun;
}

/**
 * Tells what came of a question: on the console, and where `npm run bench` runs the script, to it.
 *
 * @param {string} question
 * @param {string} target
 * @param {string} measured
 * @param {boolean} [met]
 * @param {string} [limit] What the rest is made of, where the target is missed.
 */
export function report(question, target, measured, met, limit) {
  /** @type {Row} */
  const row = { question, target, measured, met, limit };
  console.log(`${mark(met)}  ${question}: ${measured}; target: ${target}`);
  process.send?.(row);
}

/**
 * Tells why there is no figure.
 *
 * @param {string} question
 * @param {string} target
 * @param {string} why
 */
export function reportMissing(question, target, why) {
  report(question, target, `not measured: ${why}`);
}

/** @param {boolean | undefined} met */
export function mark(met) {
  if (met === undefined) {
    return '-   ';
  }
  return met ? 'met ' : 'MISS';
}

/** The machine, in words. */
export function machine() {
  const [cpu] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return (
    `${cpus().length} cores of ${cpu?.model.trim() ?? 'an unknown processor'}, ${memory} GiB, ` +
    `${process.platform} ${process.arch}, Node ${process.version}`
  );
}

/** Collects garbage; the scripts run with `--expose-gc`. */
export function collectGarbage() {
  const { gc } = /** @type {{ gc?: () => void }} */ (globalThis);
  if (gc === undefined) {
    throw new Error('Run it with node --expose-gc.');
  }
  gc();
}
