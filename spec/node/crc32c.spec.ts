import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { remainderOf, shifted, shiftOver } from '../../adapters/node/crc32c.js';

describe('CRC32C', () => {
  it('has the check value that its specifications give', () => {
    expect(~remainderOf(Buffer.from('123456789'), 0, 9) >>> 0).toBe(0xe3069283);
  });

  it('of bytes that are known takes one shift', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.integer(), (bytes, before) => {
        const { length } = bytes;
        const known = remainderOf(bytes, 0, length, 0);
        expect(shifted(shiftOver(length), before) ^ known).toBe(
          remainderOf(bytes, 0, length, before),
        );
      }),
    );
  });
});
