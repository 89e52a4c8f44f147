import type { Directory } from './directory.js';

/** The last write under way in each directory, by its id. */
const underWay = new Map<string, Promise<unknown>>();

/** Writes to a directory once all that this process began to write there before is over. */
export async function inTurn<T>(directory: Directory, write: () => Promise<T>): Promise<T> {
  const before = underWay.get(directory.id) ?? Promise.resolve();
  const turn = before.then(write);
  const over = turn.catch(() => {});
  underWay.set(directory.id, over);
  try {
    return await turn;
  } finally {
    if (underWay.get(directory.id) === over) {
      underWay.delete(directory.id);
    }
  }
}
