import { describe, expect, it } from '@jest/globals';
import { FilesReader } from '../../lib/files-reader.js';
import { FilesWriter } from '../../lib/files-writer.js';
import { MemoryDisk } from '../support/memory-directory.js';

const MIB = 2 ** 20;

/** Bytes that differ from place to place, and from one to the next. */
function bytes(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 7 + (i >> 8)) & 0xff);
}

describe('The files of a checkpoint', () => {
  it.each([
    ['small and large', [5, 2 * MIB, 7, MIB / 2, MIB / 2 + 1, MIB, 0, 3 * MIB + 1, 1]],
    ['many small', Array.from({ length: 300 }, (_, i) => (i * 977) % 9000)],
    ['at the edge of what is buffered', [MIB / 2, MIB / 2, MIB / 2, 1, MIB - 1, MIB / 2 - 1]],
    ['empty', [0, 0]],
    ['none', []],
  ])('give the bytes back that were written: %s', async (_, lengths) => {
    const directory = new MemoryDisk().open('run');
    await directory.make();
    const parts = lengths.map((length, i) => bytes(length, i));
    const writer = new FilesWriter(directory, () => 'weights.bin');
    for (const part of parts) {
      await writer.append(part);
    }
    const files = await writer.finish();
    const total = lengths.reduce((sum, length) => sum + length, 0);
    expect(files).toEqual(total === 0 ? [] : [{ name: 'weights.bin', bytes: total }]);

    const reader = new FilesReader(directory, files);
    for (const part of parts) {
      const read = await reader.read(part.length);
      expect(Buffer.compare(read, part)).toBe(0);
      expect(read.buffer.byteLength).toBe(part.length);
    }
    await reader.close();
  });

  it('are read across their borders', async () => {
    const directory = new MemoryDisk().open('run');
    await directory.make();
    const whole = bytes(3 * MIB, 1);
    const cuts = [0, 10, 2 * MIB, 2 * MIB, 3 * MIB];
    const files = [];
    for (const [i, end] of cuts.slice(1).entries()) {
      const part = whole.subarray(cuts[i], end);
      const file = await directory.create(`${i}.bin`);
      await file.write(part);
      files.push({ name: `${i}.bin`, bytes: part.length });
    }
    const reader = new FilesReader(directory, files);
    const read = [await reader.read(7), await reader.read(2 * MIB), await reader.read(MIB - 7)];
    expect(Buffer.compare(Buffer.concat(read), whole)).toBe(0);
    await expect(reader.read(1)).rejects.toThrow('run: its files end early.');
  });
});
