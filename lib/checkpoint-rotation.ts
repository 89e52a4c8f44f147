import { isEntryName } from './checkpoint-manifest.js';
import type { Directory } from './directory.js';
import { readText, writeFile } from './directory.js';
import { isObject } from './options.js';
import { sealed, unsealed } from './sealed-json.js';

/** The file that names the latest checkpoint and all that are kept: a cache. */
const STATE_FILE = 'checkpoint';

const FORMAT_VERSION = 1;
const MAX_STATE_BYTES = 2 ** 26;

/** A checkpoint in a directory, as rotation sees it. */
export interface RotationEntry {
  readonly name: string;
  readonly globalStep: number;
  /** When it was saved, in the seconds of the session's clock. */
  readonly savedAt: number;
  /** Whether it is kept for good. */
  readonly isKept: boolean;
}

export interface RotationState {
  readonly entries: readonly RotationEntry[];
  /** What was saved later than that and would be dropped is kept for good. */
  readonly keepAfter: number;
}

export interface RotationOptions {
  /** 0 keeps all. */
  readonly maxToKeep: number;
  readonly keepEverySecs: number;
}

/** Which checkpoints to keep, as `tf.compat.v1.train.Saver` decides it. */
export class Rotation implements RotationState {
  readonly #options: RotationOptions;
  #entries: RotationEntry[];
  #keepAfter: number;

  /** @param now - The time; where it was set back, what is kept for good is so by the new time. */
  constructor(options: RotationOptions, now: number, before?: RotationState) {
    this.#options = options;
    this.#entries = [...(before?.entries ?? [])];
    this.#keepAfter = Math.min(before?.keepAfter ?? Infinity, now + options.keepEverySecs);
  }

  get entries(): readonly RotationEntry[] {
    return this.#entries;
  }

  get keepAfter(): number {
    return this.#keepAfter;
  }

  /** As it is now, in data alone. */
  get state(): RotationState {
    return { entries: this.#entries, keepAfter: this.#keepAfter };
  }

  /** Notes a checkpoint that is there now, instead of another of its name. */
  add(entry: RotationEntry): void {
    this.#entries = this.#entries.filter(({ name }) => name !== entry.name);
    this.#entries.push(entry);
    this.#entries.sort((a, b) => a.globalStep - b.globalStep);
  }

  /** The oldest one that is too many, other than that of the name given. */
  surplus(latest: string): RotationEntry | undefined {
    const { maxToKeep } = this.#options;
    const rotating = this.#entries.filter(({ isKept }) => !isKept);
    return maxToKeep > 0 && rotating.length > maxToKeep
      ? rotating.find(({ name }) => name !== latest)
      : undefined;
  }

  /** Whether that one is to be kept for good instead. */
  isToKeep({ savedAt }: RotationEntry): boolean {
    return savedAt > this.#keepAfter;
  }

  keep(entry: RotationEntry): void {
    this.add({ ...entry, isKept: true });
    this.#keepAfter += this.#options.keepEverySecs;
  }

  drop({ name }: RotationEntry): void {
    this.#entries = this.#entries.filter((entry) => entry.name !== name);
  }
}

/** Writes the state file, in one step. */
export async function writeState(
  directory: Directory,
  latest: string,
  { entries, keepAfter }: RotationState,
  temporaryName: string,
): Promise<void> {
  const state = { version: FORMAT_VERSION, latest, keepAfter, kept: entries };
  try {
    await writeFile(directory, temporaryName, sealed(directory, state));
    await directory.rename(temporaryName, STATE_FILE);
  } catch (error) {
    await directory.remove(temporaryName).catch(() => {});
    throw error;
  }
  await directory.sync();
}

/** What the state file says; `undefined` where it is absent, damaged, or of a newer format. */
export async function readState(directory: Directory): Promise<RotationState | undefined> {
  let state;
  try {
    state = unsealed(directory, await readText(directory, STATE_FILE, MAX_STATE_BYTES));
  } catch {
    return undefined;
  }
  if (state?.['version'] !== FORMAT_VERSION) {
    return undefined;
  }
  const { keepAfter, kept } = state;
  return typeof keepAfter === 'number' && Array.isArray(kept) && kept.every(isEntry)
    ? { entries: kept, keepAfter }
    : undefined;
}

function isEntry(value: unknown): value is RotationEntry {
  return (
    isObject(value) &&
    isEntryName(value['name']) &&
    Number.isSafeInteger(value['globalStep']) &&
    Number.isFinite(value['savedAt']) &&
    typeof value['isKept'] === 'boolean'
  );
}
