import { RECORD_FRAME, writeRecord } from '../../adapters/node/tf-record.js';

/** A record of its own. */
export function tfRecord(payload: Uint8Array): Buffer {
  const record = Buffer.alloc(RECORD_FRAME + payload.length);
  writeRecord(record, 0, payload);
  return record;
}
