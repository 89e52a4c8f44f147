// A writer of scalars without anything else: what an event costs at least in plain JavaScript.
import { Buffer } from 'node:buffer';
import { closeSync, openSync, writeSync } from 'node:fs';

const TABLE = new Int32Array(256);
for (let byte = 0; byte < 256; byte++) {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) {
    rest = (rest >>> 1) ^ (rest & 1 ? 0x82f63b78 : 0);
  }
  TABLE[byte] = rest;
}

/**
 * @param {Uint8Array} bytes
 * @param {number} from
 * @param {number} to
 */
function maskedCrc(bytes, from, to) {
  let crc = -1;
  for (let i = from; i < to; i++) {
    crc =
      /** @type {number} */ (TABLE[(crc ^ /** @type {number} */ (bytes[i])) & 255]) ^ (crc >>> 8);
  }
  crc = ~crc;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

export class PlainWriter {
  /**
   * @param {string} path
   * @param {number} maxQueue
   */
  constructor(path, maxQueue) {
    this.file = openSync(path, 'wx');
    this.maxQueue = maxQueue;
    this.queued = 0;
    this.bytes = Buffer.allocUnsafe(1 << 20);
    this.at = 0;
  }

  /**
   * @param {string} name
   * @param {number} value
   * @param {number} step
   */
  scalar(name, value, step) {
    const { bytes } = this;
    const start = this.at;
    const payload = start + 12;
    let at = payload;
    bytes[at++] = 9;
    at = bytes.writeDoubleLE(Date.now() / 1000, at);
    bytes[at++] = 16;
    for (let rest = step; ; rest = Math.floor(rest / 128)) {
      bytes[at++] = rest > 127 ? (rest % 128) | 128 : rest;
      if (rest < 128) {
        break;
      }
    }
    const tag = name.length;
    // Summary, value, tag; then a tensor of one float, and the plugin's name.
    const inside = 2 + tag + TENSOR.length;
    bytes[at++] = 42;
    bytes[at++] = inside + 2;
    bytes[at++] = 10;
    bytes[at++] = inside;
    bytes[at++] = 10;
    bytes[at++] = tag;
    at += bytes.write(name, at, 'latin1');
    bytes.set(TENSOR, at);
    bytes.writeFloatLE(value, at + 8);
    at += TENSOR.length;
    bytes.writeUInt32LE(at - payload, start);
    bytes.writeUInt32LE(0, start + 4);
    bytes.writeUInt32LE(maskedCrc(bytes, start, start + 8), start + 8);
    at = bytes.writeUInt32LE(maskedCrc(bytes, payload, at), at);
    this.at = at;
    this.queued += 1;
    if (this.queued > this.maxQueue || at > bytes.length - 65536) {
      this.flush();
    }
  }

  flush() {
    writeSync(this.file, this.bytes, 0, this.at);
    this.at = 0;
    this.queued = 0;
  }

  end() {
    this.flush();
    closeSync(this.file);
  }
}

/** A tensor of one float32, whose value is still zero, and the metadata of the plugin `scalars`. */
const TENSOR = Buffer.concat([
  Buffer.of(66, 10, 8, 1, 18, 0, 34, 4, 0, 0, 0, 0),
  Buffer.of(74, 13, 10, 9, 10, 7),
  Buffer.from('scalars'),
  Buffer.of(32, 1),
]);
