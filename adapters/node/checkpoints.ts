import { restoreLatest, Saver } from '../../lib/index.js';
import type { SaverLike, Session } from '../../lib/index.js';
import { openDirectory } from './directory.js';

/** What saves where nobody has named a saver. */
export function defaultSaver(): SaverLike {
  return new Saver();
}

/** Restores the newest checkpoint of a directory that is whole, if there is any. */
export async function restoreNewest(session: Session, dir: string): Promise<void> {
  await restoreLatest(session, openDirectory(dir));
}
