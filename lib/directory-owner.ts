import type { Directory } from './directory.js';

/** What names of ours that are no checkpoints begin with. */
export const OUR_PREFIX = 'tfjs-hooks.';
const OWNER_PREFIX = `${OUR_PREFIX}owner-`;

/** How often two that come at once step back before one of them gives up. */
const ATTEMPTS = 5;

interface Ownership {
  /** Who in this process writes to the directory. */
  readonly writers: Set<object>;
  /** Resolves once the directory is this process's. */
  readonly ready: Promise<void>;
}

/** The directories that this process owns, by their ids. */
const owned = new Map<string, Ownership>();

/**
 * Makes this process the one that writes to a directory, for a writer in it.
 *
 * Each process has an owner file of a name of its own: whoever made his looks whether there are
 * others. Those of dead processes he removes, and nobody else can have made another of that name
 * meanwhile; before a living one he steps back. So two never own a directory at once.
 *
 * @param acquire - Does what `acquire` below does.
 * @throws Error If another process writes to it.
 */
export async function own(
  directory: Directory,
  writer: object,
  acquire: () => Promise<void>,
): Promise<void> {
  const before = owned.get(directory.id);
  if (before !== undefined) {
    before.writers.add(writer);
    await before.ready;
    return;
  }
  const ready = acquire();
  owned.set(directory.id, { writers: new Set([writer]), ready });
  try {
    await ready;
  } catch (error) {
    owned.delete(directory.id);
    throw error;
  }
}

/** @throws Error If another process has taken the directory over. */
export async function assertOwned(directory: Directory): Promise<void> {
  if (!(await isOwned(directory))) {
    throw new Error(
      `${directory.path}: another process has taken the directory over: ` +
        `the file ${ownerFile(directory)} is gone.`,
    );
  }
}

/** Another machine takes this process for dead, and this one must not do the same to it. */
async function assertNotTaken(directory: Directory): Promise<void> {
  const owner = (await directory.list()).find(({ name }) => name.startsWith(OWNER_PREFIX));
  if (owner !== undefined) {
    throw new Error(
      `${directory.path}: another process has taken the directory over; its file is ` +
        `${directory.path}/${owner.name}.`,
    );
  }
}

/** Gives the directory free once nobody in this process writes to it. */
export async function disown(directory: Directory, writer: object): Promise<void> {
  const ownership = owned.get(directory.id);
  if (ownership?.writers.delete(writer) === true && ownership.writers.size === 0) {
    owned.delete(directory.id);
    await directory.remove(ownerFile(directory));
  }
}

/**
 * Makes the directory this process's.
 *
 * @param sleep - Waits for so many seconds.
 * @param sweep - Called once it is.
 * @throws Error If another process writes to the directory.
 */
export async function acquire(
  directory: Directory,
  sleep: (seconds: number) => Promise<void>,
  sweep: () => Promise<void>,
): Promise<void> {
  await directory.make();
  if (!(await isOwned(directory))) {
    await makeOwner(directory, sleep);
  }
  try {
    await sweep();
  } catch (error) {
    await directory.remove(ownerFile(directory)).catch(() => {});
    throw error;
  }
}

/**
 * Makes sure that the directory is still this process's: it may have been deleted meanwhile.
 *
 * @param sleep - Waits for so many seconds.
 * @throws Error If another process has taken it over.
 */
export async function keepOwned(
  directory: Directory,
  sleep: (seconds: number) => Promise<void>,
): Promise<void> {
  await directory.make();
  if (!(await isOwned(directory))) {
    await assertNotTaken(directory);
    await makeOwner(directory, sleep);
  }
}

async function isOwned(directory: Directory): Promise<boolean> {
  return (await directory.stat(ownerFile(directory))) !== undefined;
}

async function makeOwner(
  directory: Directory,
  sleep: (seconds: number) => Promise<void>,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const other = await tryToOwn(directory);
    if (other === undefined) {
      return;
    }
    if (attempt === ATTEMPTS) {
      throw new Error(
        `${directory.path}: another process writes checkpoints there; its file is ` +
          `${directory.path}/${other}.`,
      );
    }
    await sleep(0.05 * Math.random() * attempt);
  }
}

/** @returns The owner file of another that lives; `undefined` where there is none. */
async function tryToOwn(directory: Directory): Promise<string | undefined> {
  const own = ownerFile(directory);
  await (await directory.create(own)).close();
  try {
    const other = await livingOther(directory, own);
    if (other !== undefined) {
      await directory.remove(own);
    }
    return other;
  } catch (error) {
    await directory.remove(own).catch(() => {});
    throw error;
  }
}

async function livingOther(directory: Directory, own: string): Promise<string | undefined> {
  for (const { name } of await directory.list()) {
    if (name.startsWith(OWNER_PREFIX) && name !== own) {
      if (await directory.isAlive(name.slice(OWNER_PREFIX.length))) {
        return name;
      }
      await directory.remove(name);
    }
  }
}

function ownerFile(directory: Directory): string {
  return OWNER_PREFIX + directory.processId;
}
