/** Reads JSON as Python writes it for us: numbers that are not finite are strings. */
export function parse(json: string): unknown {
  return JSON.parse(json, (_key, value: unknown) =>
    value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? Number(value) : value,
  );
}

/** The same, with integers that a number does not hold as strings of their digits. */
export function parseExact(json: string): unknown {
  // Strings go by as they are: only what stands outside of them is a number.
  return parse(
    json.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (token) =>
      /^-?\d+$/.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token,
    ),
  );
}
