import { describe, expect, it } from '@jest/globals';

import { tfRecord } from '../support/tf-record.js';

describe('writeRecord', () => {
  it('puts length and checksums around the payload', () => {
    const record = Buffer.from(tfRecord(Buffer.from('123456789')));

    expect(record).toHaveLength(25);
    expect(record.readBigUInt64LE(0)).toBe(9n);
    expect(record.subarray(12, 21).toString()).toBe('123456789');
  });

  it('masks a CRC32C', () => {
    // The check value of CRC32C, as its specifications give it for these nine bytes.
    const crc = 0xe3069283;
    const masked = (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;

    expect(Buffer.from(tfRecord(Buffer.from('123456789'))).readUInt32LE(21)).toBe(masked);
  });

  it('frames an empty payload', () => {
    expect(Buffer.from(tfRecord(new Uint8Array(0))).toString('hex')).toBe(
      '000000000000000029039807d8ea82a2',
    );
  });
});
