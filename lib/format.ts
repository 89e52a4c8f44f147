import type { Reading } from './reading.js';

/**
 * Numbers as TensorFlow's log lines show them, so that parsers of its logs go on working: a float32
 * with the fewest digits that give it back, arrays as NumPy prints them.
 */
export function formatReading(reading: Reading): string {
  const { data, dtype, shape } = reading;
  if (shape.length === 0) {
    return scalarText(dtype, data[0]);
  }
  return arrayText(reading);
}

/** As C's `%g`: six significant digits, no trailing zeros. */
export function formatG(value: number): string {
  if (!Number.isFinite(value) || value === 0) {
    return special(value) ?? '0';
  }
  const { sign, digits, exponent } = rounded(value, 6);
  const short = digits.replace(/0+$/, '');
  if (exponent < -4 || exponent >= 6) {
    return `${sign}${withPoint(short)}e${exponentText(exponent)}`;
  }
  return sign + positional(short, exponent);
}

/** As C's `%.3f`. */
export function formatFixed3(value: number): string {
  return fixed(value, 3);
}

function scalarText(dtype: string, value: number | string | undefined): string {
  if (typeof value !== 'number') {
    return String(value);
  }
  switch (dtype) {
    case 'bool':
      return value === 0 ? 'False' : 'True';
    case 'float32':
      return special(value) ?? floatText(value);
    default:
      return special(value) ?? String(value);
  }
}

/** A float32 as NumPy prints it: `1.0`, `0.1`, `1e-05`, `1e+06`. */
function floatText(value: number): string {
  const { sign, digits, exponent } = shortest(value);
  // By the value, not by its digits: the float32 nearest to 1e-4 is less than that.
  const size = Math.abs(value);
  if (value !== 0 && (size < 1e-4 || size >= 1e6)) {
    return `${sign}${withPoint(digits)}e${exponentText(exponent)}`;
  }
  const text = positional(digits, exponent);
  return sign + (text.includes('.') ? text : `${text}.0`);
}

/** An array as NumPy prints it with `suppress=True`; of more than 1000 elements only the ends. */
function arrayText({ data, dtype, shape }: Reading): string {
  if (data.length === 0) {
    return '[]';
  }
  const isLong = data.length > 1000;
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const shown: (number | string)[] = [];
  /** Calls back for each element shown, and puts what comes into brackets. */
  const build = (axis: number, offset: number, element: (at: number) => string): string => {
    if (axis === shape.length) {
      return element(offset);
    }
    const length = shape[axis] ?? 0;
    const parts: string[] = [];
    for (let i = 0; i < length; i++) {
      if (isLong && length > 6 && i === 3) {
        parts.push('...');
        i = length - 3;
      }
      parts.push(build(axis + 1, offset + i * (strides[axis] ?? 1), element));
    }
    return `[${parts.join(' ')}]`;
  };
  build(0, 0, (at) => {
    shown.push(data[at] as number | string);
    return '';
  });
  const text =
    dtype === 'float32'
      ? floatElement(shown as readonly number[])
      : (value: number | string): string => scalarText(dtype, value);
  return build(0, 0, (at) => text(data[at] as number | string));
}

/** How NumPy prints the elements of a float32 array: all of them in one manner. */
function floatElement(shown: readonly number[]): (value: number | string) => string {
  const finite = shown.filter((value) => Number.isFinite(value));
  const isScientific = finite.some((value) => Math.abs(value) >= 1e6);
  const fraction = Math.max(0, ...finite.map((value) => shortest(value).digits.length - 1));
  return (element) => {
    const value = element as number;
    const odd = special(value);
    if (odd !== undefined) {
      return odd;
    }
    if (isScientific) {
      const short = shortest(value);
      const { sign, digits, exponent } =
        short.digits.length > fraction ? short : rounded(value, fraction + 1);
      const mantissa = fraction === 0 ? `${digits}.` : withPoint(digits);
      return `${sign}${mantissa}e${exponentText(exponent)}`;
    }
    const { sign, digits, exponent } = shortest(value);
    const text =
      digits.length - 1 - exponent > 8
        ? fixed(value, 8).replace(/0+$/, '')
        : sign + positional(digits, exponent);
    return text.includes('.') ? text : `${text}.`;
  };
}

/** Digits without a point, of which the first one counts `10 ** exponent`. */
interface Decimal {
  readonly sign: string;
  readonly digits: string;
  readonly exponent: number;
}

/** The fewest digits that give a float32 back; a number that is none as JavaScript prints it. */
function shortest(value: number): Decimal {
  for (let precision = 1; precision <= 9; precision++) {
    const near = rounded(value, precision);
    if (Math.fround(Number(value.toPrecision(precision))) === value) {
      return near;
    }
    // Below a power of two float32s lie closer: the nearest text may miss, and the next one not.
    const { sign, digits, exponent } = near;
    const next = `${sign}${BigInt(digits) + 1n}e${exponent - precision + 1}`;
    if (Math.fround(Number(next)) === value) {
      return parsed(Number(next).toExponential());
    }
  }
  return parsed(value.toExponential());
}

/** With so many decimals, of two equally near the even one, as C rounds. */
function fixed(value: number, decimals: number): string {
  const near = value.toFixed(decimals);
  const [whole = '', fraction = ''] = value.toFixed(100).split('.');
  const isTie = /^50*$/.test(fraction.slice(decimals));
  const lower = `${whole}.${fraction.slice(0, decimals)}`;
  return isTie && Number(lower.at(-1)) % 2 === 0 ? lower : near;
}

/** Rounded to so many digits, of two equally near the even one, as C rounds. */
function rounded(value: number, precision: number): Decimal {
  if (value === 0) {
    return { sign: Object.is(value, -0) ? '-' : '', digits: '0'.repeat(precision), exponent: 0 };
  }
  const near = parsed(value.toExponential(precision - 1));
  const exact = parsed(value.toExponential(60)).digits;
  const isTie = /^50*$/.test(exact.slice(precision));
  const isOdd = Number(exact[precision - 1]) % 2 === 1;
  return isTie && !isOdd ? { ...near, digits: exact.slice(0, precision) } : near;
}

function parsed(text: string): Decimal {
  const [mantissa = '', exponent = ''] = text.split('e');
  return {
    sign: mantissa.startsWith('-') ? '-' : '',
    digits: mantissa.replace(/[-.]/g, ''),
    exponent: Number(exponent),
  };
}

function positional(digits: string, exponent: number): string {
  if (exponent < 0) {
    return `0.${'0'.repeat(-exponent - 1)}${digits}`;
  }
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const fraction = digits.slice(exponent + 1);
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

function withPoint(digits: string): string {
  return digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits;
}

function exponentText(exponent: number): string {
  const digits = String(Math.abs(exponent)).padStart(2, '0');
  return `${exponent < 0 ? '-' : '+'}${digits}`;
}

function special(value: number): string | undefined {
  if (Number.isNaN(value)) {
    return 'nan';
  }
  if (Number.isFinite(value)) {
    return undefined;
  }
  return value > 0 ? 'inf' : '-inf';
}
