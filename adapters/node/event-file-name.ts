const NAME = /^events\.out\.tfevents\.(\d{1,10})\.?(.*)$/s;
const LAST_STAMP = 9_999_999_999;

/**
 * A name for an event file, `events.out.tfevents.<seconds>.<rest>`, that sorts behind those of all
 * event files in `existing`. Readers take the files of a directory in the order of their names:
 * where the clock was set back, or a second has not passed yet, the stamp runs ahead of it.
 */
export function eventFileName(existing: readonly string[], seconds: number, rest: string): string {
  const newest = existing.filter((name) => NAME.test(name)).reduce((a, b) => (a > b ? a : b), '');
  const now = Math.min(Math.max(Math.floor(seconds), 0), LAST_STAMP);
  const [, digits, newestRest = ''] = NAME.exec(newest) ?? [];
  if (digits === undefined) {
    return named(now, rest);
  }
  // A shorter stamp sorts among the longer ones that begin with it: past the last of these.
  const stamp = Number(digits.padEnd(10, '9'));
  return stamp < LAST_STAMP
    ? named(Math.max(now, stamp + 1), rest)
    : named(LAST_STAMP, behind(newestRest) + rest);
}

function named(stamp: number, rest: string): string {
  return `events.out.tfevents.${String(stamp).padStart(10, '0')}.${rest}`;
}

/** The shortest prefix of tildes, the last of the ASCII characters, that sorts behind `rest`. */
function behind(rest: string): string {
  const [high = ''] = /^[~-\u{10ffff}]*/u.exec(rest) ?? [];
  return `${high}~`;
}
