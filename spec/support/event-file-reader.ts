import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** An event of an event file. */
export interface FileEvent {
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly step: bigint;
  /** `brain.Event:2`, of a file's first event. */
  readonly fileVersion?: string;
  readonly sessionLog?: FileSessionLog;
  /** The summaries; none but in a summary event. */
  readonly values: readonly FileValue[];
}

export interface FileSessionLog {
  /** 1: start, 2: stop, 3: checkpoint. */
  readonly status: number;
  readonly checkpointPath?: string;
}

/** A summary. What the file does not say is left out, empty, or zero. */
export interface FileValue {
  readonly tag: string;
  /** Name of the TensorBoard plugin: scalars, histograms, images, text. */
  readonly plugin: string;
  /** 1: scalar, 2: tensor, 3: blob sequence. */
  readonly dataClass: number;
  /** What is for the plugin alone. */
  readonly content: string;
  readonly displayName: string;
  readonly description: string;
  /** `DataType` of TensorFlow's types.proto. 1: float32, 2: float64, 7: string. */
  readonly dtype: number;
  readonly shape: readonly number[];
  /** Values of a float32 tensor, in row-major order; other tensors have none. */
  readonly floats: readonly number[];
  /** Values of a float64 tensor. */
  readonly doubles: readonly number[];
  /** Values of a string tensor: text as UTF-8 has it, images as they are. */
  readonly strings: readonly Buffer[];
  /** The number of a summary in TensorFlow 1's form. */
  readonly simpleValue?: number;
}

/** The events of all event files of a directory, by file, in the order that readers take them. */
export function readEventFiles(directory: string): { name: string; events: FileEvent[] }[] {
  return eventFileNames(directory).map((name) => ({
    name,
    events: readEventFile(join(directory, name)),
  }));
}

/** The names of all event files of a directory, sorted. */
export function eventFileNames(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => name.includes('tfevents'))
    .sort();
}

/** The events of a file. */
export function readEventFile(path: string): FileEvent[] {
  return readEvents(readFileSync(path));
}

/**
 * The events of a file's bytes.
 *
 * A record cut short ends the file, as it does for TensorBoard.
 *
 * @throws Error on a record with a wrong checksum, and on what is no protocol buffer.
 */
export function readEvents(bytes: Uint8Array): FileEvent[] {
  return records(Buffer.from(bytes)).map(eventOf);
}

function records(file: Buffer): Buffer[] {
  const found: Buffer[] = [];
  let start = 0;
  while (file.length - start >= 12) {
    checkCrc(file.subarray(start, start + 8), file.readUInt32LE(start + 8));
    const end = start + 12 + Number(file.readBigUInt64LE(start));
    if (file.length < end + 4) {
      break;
    }
    const record = file.subarray(start + 12, end);
    checkCrc(record, file.readUInt32LE(end));
    found.push(record);
    start = end + 4;
  }
  return found;
}

function checkCrc(data: Buffer, expected: number): void {
  // Bit by bit: slow, and as the definition has it.
  let crc = -1;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) {
      crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
    }
  }
  crc = ~crc;
  const masked = (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
  if (masked !== expected) {
    throw new Error(`Wrong checksum ${expected} of ${data.length} bytes: it should be ${masked}.`);
  }
}

function eventOf(record: Buffer): FileEvent {
  const event = new Message(record);
  const sessionLog = event.message(7);
  return {
    wallTime: event.double(1),
    step: event.int64(2),
    ...(event.has(3) && { fileVersion: event.string(3) }),
    ...(sessionLog && { sessionLog: sessionLogOf(sessionLog) }),
    values: event.message(5)?.messages(1).map(valueOf) ?? [],
  };
}

function sessionLogOf(log: Message): FileSessionLog {
  return {
    status: Number(log.int64(1)),
    ...(log.has(2) && { checkpointPath: log.string(2) }),
  };
}

function valueOf(value: Message): FileValue {
  const tensor = value.message(8);
  const metadata = value.message(9);
  const dtype = Number(tensor?.int64(1) ?? 0);
  const content = tensor?.buffers(4)[0] ?? Buffer.alloc(0);
  return {
    tag: value.string(1),
    plugin: metadata?.message(1)?.string(1) ?? '',
    content: metadata?.message(1)?.string(2) ?? '',
    dataClass: Number(metadata?.int64(4) ?? 0),
    displayName: metadata?.string(2) ?? '',
    description: metadata?.string(3) ?? '',
    dtype,
    shape:
      tensor
        ?.message(2)
        ?.messages(2)
        .map((dimension) => Number(dimension.int64(1))) ?? [],
    floats: dtype === 1 ? floats([content, ...(tensor?.buffers(5) ?? [])]) : [],
    doubles: dtype === 2 ? doubles([content, ...(tensor?.buffers(6) ?? [])]) : [],
    strings: tensor?.buffers(8) ?? [],
    ...(value.has(2) && { simpleValue: value.float(2) }),
  };
}

function floats(chunks: readonly Buffer[]): number[] {
  const bytes = Buffer.concat(chunks);
  return Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(i * 4));
}

function doubles(chunks: readonly Buffer[]): number[] {
  const bytes = Buffer.concat(chunks);
  return Array.from({ length: bytes.length / 8 }, (_, i) => bytes.readDoubleLE(i * 8));
}

/** The fields of a protocol buffer message, by number; of one that is missing, its zero. */
class Message {
  readonly #fields = new Map<number, (bigint | Buffer)[]>();

  constructor(bytes: Buffer) {
    let at = 0;
    const take = (size: number): Buffer => {
      if (size > bytes.length - at) {
        throw new Error(`A field of ${size} bytes in a message with ${bytes.length - at} left.`);
      }
      at += size;
      return bytes.subarray(at - size, at);
    };
    const varint = (): bigint => {
      let value = 0n;
      for (let shift = 0n; ; shift += 7n) {
        const byte = BigInt(take(1)[0] ?? 0);
        value |= (byte & 127n) << shift;
        if (byte < 128n) {
          return value;
        }
      }
    };
    const content = (wireType: number): bigint | Buffer => {
      switch (wireType) {
        case 0:
          return varint();
        case 1:
          return take(8);
        case 2:
          return take(Number(varint()));
        case 5:
          return take(4);
        default:
          throw new Error(`Unknown wire type ${wireType}.`);
      }
    };
    while (at < bytes.length) {
      const key = Number(varint());
      const earlier = this.#fields.get(key >>> 3) ?? [];
      this.#fields.set(key >>> 3, [...earlier, content(key & 7)]);
    }
  }

  has(field: number): boolean {
    return this.#fields.has(field);
  }

  int64(field: number): bigint {
    const value = this.#fields.get(field)?.at(-1);
    return typeof value === 'bigint' ? BigInt.asIntN(64, value) : 0n;
  }

  float(field: number): number {
    return this.buffers(field).at(-1)?.readFloatLE() ?? 0;
  }

  double(field: number): number {
    return this.buffers(field).at(-1)?.readDoubleLE() ?? 0;
  }

  string(field: number): string {
    // Fatal, since bytes that are not UTF-8 make the real readers throw.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      this.buffers(field).at(-1),
    );
  }

  message(field: number): Message | undefined {
    return this.messages(field).at(-1);
  }

  messages(field: number): Message[] {
    return this.buffers(field).map((bytes) => new Message(bytes));
  }

  buffers(field: number): Buffer[] {
    return (this.#fields.get(field) ?? []).filter((value) => typeof value !== 'bigint');
  }
}
