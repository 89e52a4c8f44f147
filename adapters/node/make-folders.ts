import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Makes a directory and those above it, one by one: Node's own `recursive` never comes to an end where
 * a directory exists in which none can be made, such as `/proc`.
 *
 * @returns The uppermost one that was made; `undefined` where all were there.
 */
export function makeFolders(path: string): string | undefined {
  const full = resolve(path);
  try {
    return makeOne(full);
  } catch (error) {
    const parent = dirname(full);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === full) {
      throw error;
    }
    const first = makeFolders(parent);
    const made = makeOne(full);
    return first ?? made;
  }
}

function makeOne(full: string): string | undefined {
  try {
    mkdirSync(full);
    return full;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' && statSync(full).isDirectory()) {
      return undefined;
    }
    throw error;
  }
}
