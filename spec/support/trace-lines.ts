import type { RecordedEvent } from './traces.js';

/** A line's beginning and what stands around and in its values, each value spelled one way. */
type Canon = readonly string[];

const SECONDS = / \(\d+\.\d{3} sec\)$/;
const NUMBER = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/;

/**
 * Tells whether a line is the one TensorFlow logged.
 *
 * To the letter, but for two things. A wanted line that ends in `…` is only the beginning. And
 * values behind ` = ` may be spelled as Python or as JavaScript does, as long as digits and
 * exponent are the same; brackets, commas and white space do not count there.
 */
export function isSameLine(got: string, want: string): boolean {
  if (want.endsWith('…')) {
    return got.startsWith(want.slice(0, -1));
  }
  const gotCanon = canon(got);
  const wantCanon = canon(want);
  return gotCanon.length === wantCanon.length && gotCanon.every((part, i) => part === wantCanon[i]);
}

/** What was logged, with lines that only spell their values differently spelled as wanted. */
export function spelledAs(
  want: readonly RecordedEvent[],
  got: readonly RecordedEvent[],
): RecordedEvent[] {
  return got.map((event, i) => {
    const [at, level, line] = event;
    const wanted = want[i]?.[2];
    return typeof wanted === 'string' && isSameLine(String(line), wanted)
      ? [at, level, wanted]
      : event;
  });
}

function canon(line: string): Canon {
  const [head = '', ...rest] = line.split(' = ');
  return [
    head,
    ...rest.flatMap((part, i) => {
      // Behind a value stands the next tag, or how long it took, or nothing.
      const end = i === rest.length - 1 ? lastValueEnd(part) : part.lastIndexOf(', ');
      return end < 0 ? [part] : [canonValue(part.slice(0, end)), part.slice(end)];
    }),
  ];
}

function lastValueEnd(part: string): number {
  const seconds = SECONDS.exec(part);
  return seconds === null ? part.length : seconds.index;
}

function canonValue(value: string): string {
  return value
    .split(/[\s,[\]]+/)
    .filter((word) => word !== '')
    .map(canonNumber)
    .join(' ');
}

/** Sign, digits and exponent of a number; any other word as it is. */
function canonNumber(word: string): string {
  if (/^[+-]?(nan|inf|infinity)$/i.test(word)) {
    return word.toLowerCase().replace('infinity', 'inf').replace('+', '');
  }
  const match = NUMBER.exec(word);
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match ?? [];
  if (match === null || whole + fraction === '') {
    return word;
  }
  const minus = sign === '-' ? '-' : '';
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  return significant === ''
    ? `${minus}0`
    : // The digits stand behind a decimal point: 0.digits times ten to the exponent.
      `${minus}${significant}e${Number(exponent) + digits.length - fraction.length}`;
}
