import type { SavedFile } from './checkpoint-manifest.js';
import type { Directory, ReadableFile } from './directory.js';

/** Many small tensors are read together. */
const BUFFER_BYTES = 2 ** 20;

/** Reads the bytes of files, one behind the other. */
export class FilesReader {
  readonly #directory: Directory;
  readonly #files: readonly SavedFile[];
  #next = 0;
  #open: ReadableFile | undefined;
  /** What is not read yet of the open file. */
  #left = 0;
  #buffer = new Uint8Array();

  constructor(directory: Directory, files: readonly SavedFile[]) {
    this.#directory = directory;
    this.#files = files;
  }

  /** The next bytes, so many exactly: in a buffer of their own, or many in `buffer`. */
  async read(length: number, buffer?: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#buffer.length === 0) {
      await this.#openNext();
      if (length >= BUFFER_BYTES / 2 && length <= this.#left && this.#open !== undefined) {
        this.#left -= length;
        return this.#open.read(length, buffer);
      }
    }
    const whole = new Uint8Array(length);
    for (let at = 0; at < length;) {
      if (this.#buffer.length === 0) {
        await this.#fill(length - at);
      }
      const part = this.#buffer.subarray(0, length - at);
      this.#buffer = this.#buffer.subarray(part.length);
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await open?.close();
  }

  async #fill(needed: number): Promise<void> {
    await this.#openNext();
    if (this.#open === undefined || this.#left === 0) {
      throw new Error(`${this.#directory.path}: its files end early.`);
    }
    const length = Math.min(this.#left, Math.max(BUFFER_BYTES, needed));
    this.#buffer = await this.#open.read(length);
    this.#left -= length;
  }

  /** Goes on to the next file where this one is read. */
  async #openNext(): Promise<void> {
    while (this.#left === 0 && this.#next < this.#files.length) {
      await this.close();
      const { name, bytes } = this.#files[this.#next++] as SavedFile;
      this.#open = await this.#directory.open(name);
      this.#left = bytes;
    }
  }
}
