import type { SavedFile } from './checkpoint-manifest.js';
import type { Directory, WritableFile } from './directory.js';

/** Node reads no file of 2 GiB at once, and so neither does tfjs. */
export const MAX_FILE_BYTES: number = 2 ** 30;

/** Many small tensors are written together. */
const BUFFER_BYTES = 2 ** 20;

/** How much is written before the disk is set to work on it. */
const SYNC_BYTES = 2 ** 25;

/** Writes bytes into files, one behind the other. */
export class FilesWriter {
  readonly #directory: Directory;
  readonly #newName: () => string;
  readonly #files: SavedFile[] = [];
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  #buffered = 0;
  #open: WritableFile | undefined;
  #name = '';
  #size = 0;
  /** How much had been written when the disk was last set to work, and that it is at work. */
  #synced = 0;
  #syncing: Promise<void> | undefined;

  /** @param newName - Gives a name that is free in the directory. */
  constructor(directory: Directory, newName: () => string) {
    this.#directory = directory;
    this.#newName = newName;
  }

  async append(bytes: Uint8Array): Promise<void> {
    if (this.#buffered + bytes.length > BUFFER_BYTES) {
      await this.#flush();
    }
    if (bytes.length > BUFFER_BYTES / 2) {
      await this.#write(bytes);
    } else {
      this.#buffer.set(bytes, this.#buffered);
      this.#buffered += bytes.length;
    }
  }

  /** @returns The files; they survive power loss once their directory does. */
  async finish(): Promise<readonly SavedFile[]> {
    await this.#flush();
    await this.#finishFile();
    return this.#files;
  }

  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await this.#syncing?.catch(() => {});
    await open?.close();
  }

  async #flush(): Promise<void> {
    const bytes = this.#buffer.subarray(0, this.#buffered);
    this.#buffered = 0;
    await this.#write(bytes);
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      if (this.#open === undefined) {
        this.#name = this.#newName();
        this.#size = 0;
        this.#open = await this.#directory.create(this.#name);
      }
      const part = bytes.subarray(at, at + MAX_FILE_BYTES - this.#size);
      await this.#open.write(part);
      at += part.length;
      this.#size += part.length;
      if (this.#size === MAX_FILE_BYTES) {
        await this.#finishFile();
      } else {
        this.#beginSync(this.#open);
      }
    }
  }

  /** The disk works while we compute. What goes wrong is thrown when the file is finished. */
  #beginSync(file: WritableFile): void {
    if (this.#syncing === undefined && this.#size - this.#synced >= SYNC_BYTES) {
      this.#synced = this.#size;
      const syncing = file.sync();
      this.#syncing = syncing;
      syncing.then(
        () => {
          this.#syncing = undefined;
        },
        () => {},
      );
    }
  }

  async #finishFile(): Promise<void> {
    if (this.#open !== undefined) {
      await this.#syncing;
      this.#synced = 0;
      await this.#open.sync();
      await this.close();
      this.#files.push({ name: this.#name, bytes: this.#size });
    }
  }
}
