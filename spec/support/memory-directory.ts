import { crc32 } from 'node:zlib';
import type {
  Directory,
  DirectoryEntry,
  EntryStat,
  ReadableFile,
  WritableFile,
} from '../../lib/index.js';

interface FileNode {
  readonly kind: 'file';
  data: Buffer;
  /** What survives power loss. */
  synced: Buffer;
}

interface DirectoryNode {
  readonly kind: 'directory';
  entries: Map<string, Node>;
  synced: Map<string, Node>;
}

type Node = FileNode | DirectoryNode;

function newDirectory(): DirectoryNode {
  return { kind: 'directory', entries: new Map(), synced: new Map() };
}

/** A disk in memory that forgets, when the power goes, what was not synced. */
export class MemoryDisk {
  static #count = 0;
  readonly number: number = ++MemoryDisk.#count;
  readonly #root = newDirectory();
  /** The processes that run. */
  readonly alive = new Set<string>();
  /** Called before each operation; what it throws, the operation throws. */
  onOperation: (operation: string) => void = () => {};

  /** A directory as a process sees it. */
  open(path: string, processId = 'one'): Directory {
    this.alive.add(processId);
    return new MemoryDirectory(this, processId, path);
  }

  /** Writes into a file that is there, as another thread does. */
  async write(path: string, bytes: Uint8Array): Promise<void> {
    await Promise.resolve();
    const node = this.nodeAt(path);
    if (node?.kind !== 'file') {
      throw new Error(`${path}: is no file.`);
    }
    try {
      this.onOperation(`write ${path}`);
    } catch (error) {
      node.data = Buffer.concat([node.data, bytes.subarray(0, bytes.length / 2)]);
      throw error;
    }
    node.data = Buffer.concat([node.data, bytes]);
  }

  get root(): DirectoryNode {
    return this.#root;
  }

  /** Loses what was not synced. */
  crash(): void {
    forget(this.#root);
  }

  /** Changes the bytes of a file; they are on disk. */
  damage(path: string, change: (data: Buffer) => Buffer): void {
    const node = this.nodeAt(path);
    if (node?.kind !== 'file') {
      throw new Error(`${path}: is no file.`);
    }
    node.data = change(Buffer.from(node.data));
    node.synced = node.data;
  }

  /** The paths of all files below a directory. */
  filesIn(path: string): readonly string[] {
    const node = this.nodeAt(path);
    return node?.kind === 'directory'
      ? [...node.entries].flatMap(([name, { kind }]) =>
          kind === 'file' ? [`${path}/${name}`] : this.filesIn(`${path}/${name}`),
        )
      : [];
  }

  read(path: string): Buffer {
    const node = this.nodeAt(path);
    if (node?.kind !== 'file') {
      throw new Error(`${path}: is no file.`);
    }
    return node.data;
  }

  nodeAt(path: string): Node | undefined {
    let node: Node | undefined = this.#root;
    for (const name of path.split('/')) {
      node = node?.kind === 'directory' ? node.entries.get(name) : undefined;
    }
    return node;
  }
}

function forget(node: DirectoryNode): void {
  node.entries = new Map(node.synced);
  for (const entry of node.entries.values()) {
    if (entry.kind === 'directory') {
      forget(entry);
    } else {
      entry.data = entry.synced;
    }
  }
}

class MemoryDirectory implements Directory {
  readonly path: string;
  readonly id: string;
  readonly processId: string;
  readonly #disk: MemoryDisk;

  constructor(disk: MemoryDisk, processId: string, path: string) {
    this.#disk = disk;
    this.processId = processId;
    this.path = path;
    // Processes share nothing but the disk.
    this.id = `${disk.number}:${processId}:${path}`;
  }

  child(name: string): Directory {
    return new MemoryDirectory(this.#disk, this.processId, `${this.path}/${name}`);
  }

  async make(): Promise<void> {
    await this.#operation('make');
    let node = this.#disk.root;
    for (const name of this.path.split('/')) {
      const next = node.entries.get(name) ?? newDirectory();
      if (next.kind !== 'directory') {
        throw new Error(`${this.path}: is no directory.`);
      }
      node.entries.set(name, next);
      node.synced.set(name, next);
      node = next;
    }
  }

  async list(): Promise<readonly DirectoryEntry[]> {
    await this.#operation('list');
    const node = this.#disk.nodeAt(this.path);
    return node?.kind === 'directory'
      ? [...node.entries].map(([name, { kind }]) => ({ name, kind }))
      : [];
  }

  async stat(name: string): Promise<EntryStat | undefined> {
    await this.#operation('stat');
    const node = this.#disk.nodeAt(`${this.path}/${name}`);
    return node && { kind: node.kind, size: node.kind === 'file' ? node.data.length : 0 };
  }

  async open(name: string): Promise<ReadableFile> {
    await this.#operation('open');
    const node = this.#disk.nodeAt(`${this.path}/${name}`);
    if (node?.kind !== 'file') {
      throw new Error(`${this.path}/${name}: is no file.`);
    }
    const { data } = node;
    let at = 0;
    return {
      size: data.length,
      read: async (length) => {
        await this.#operation('read');
        at += length;
        if (at > data.length) {
          throw new Error(`${this.path}/${name}: ends early.`);
        }
        return new Uint8Array(data.subarray(at - length, at));
      },
      readText: async () => {
        await this.#operation('readText');
        return data.subarray(at).toString('utf8');
      },
      close: async () => {},
    };
  }

  async create(name: string): Promise<WritableFile> {
    await this.#operation('create');
    const { entries } = this.#node();
    if (entries.has(name)) {
      throw new Error(`${this.path}/${name}: exists.`);
    }
    const node: FileNode = { kind: 'file', data: Buffer.alloc(0), synced: Buffer.alloc(0) };
    entries.set(name, node);
    return {
      write: async (data) => {
        const bytes = typeof data === 'string' ? Buffer.from(data) : Buffer.from(data);
        try {
          await this.#operation('write');
        } catch (error) {
          // A full disk takes a part.
          node.data = Buffer.concat([node.data, bytes.subarray(0, bytes.length / 2)]);
          throw error;
        }
        node.data = Buffer.concat([node.data, bytes]);
      },
      sync: async () => {
        await this.#operation('sync');
        node.synced = node.data;
      },
      close: async () => {
        await this.#operation('close');
      },
    };
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#operation('rename');
    const { entries } = this.#node();
    const node = entries.get(from);
    const replaced = entries.get(to);
    if (node === undefined || replaced?.kind === 'directory') {
      throw new Error(`${this.path}/${from}: cannot become ${to}.`);
    }
    entries.delete(from);
    entries.set(to, node);
  }

  async remove(name: string): Promise<void> {
    await this.#operation('remove');
    this.#node().entries.delete(name);
  }

  async sync(): Promise<void> {
    await this.#operation('syncDirectory');
    const node = this.#node();
    node.synced = new Map(node.entries);
  }

  checksum(data: Uint8Array | string): string {
    return crc32(data).toString(16).padStart(8, '0');
  }

  isAlive(processId: string): boolean {
    return this.#disk.alive.has(processId);
  }

  #node(): DirectoryNode {
    const node = this.#disk.nodeAt(this.path);
    if (node?.kind !== 'directory') {
      throw new Error(`${this.path}: there is no such directory.`);
    }
    return node;
  }

  async #operation(name: string): Promise<void> {
    await Promise.resolve();
    this.#disk.onOperation(`${name} ${this.path}`);
  }
}
