import { ProtoEncoder } from './proto-encoder.js';

/** A value as TensorBoard's plugins read it: floats, doubles, or strings. */
export interface SummaryTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array | Float64Array | readonly (string | Uint8Array)[];
}

export interface SummaryValue {
  readonly tag: string;
  /** The TensorBoard plugin that shows the value. */
  readonly plugin: Plugin;
  readonly tensor: SummaryTensor;
  /** What TensorBoard says of the tag. */
  readonly description?: string | undefined;
}

export type Plugin = keyof typeof DATA_CLASS;

/** `DataClass` of summary.proto, by plugin: the one that TensorBoard assumes where none is given. */
const DATA_CLASS = {
  scalars: 1,
  histograms: 2,
  images: 3,
  text: 2,
  graph_keras_model: 3,
} as const;

/** `DataType` of types.proto. */
const DT_FLOAT = 1;
const DT_DOUBLE = 2;
const DT_STRING = 7;

/** `SessionLog.SessionStatus` of event.proto. */
const SESSION_START = 1;

/** The record that each event file begins with. */
export function versionEvent(wallTime: number): Uint8Array {
  return new ProtoEncoder().double(1, wallTime).string(3, 'brain.Event:2').finish();
}

/** Tells TensorBoard that a session starts: what other sessions wrote from `step` on is void. */
export function sessionStartEvent(wallTime: number, step: number | bigint): Uint8Array {
  const event = new ProtoEncoder().double(1, wallTime).int64(2, step);
  return event.message(7, () => event.int64(1, SESSION_START)).finish();
}

export function summaryEvent(
  wallTime: number,
  step: number | bigint,
  { tag, plugin, tensor, description }: SummaryValue,
): Uint8Array {
  const event = new ProtoEncoder().double(1, wallTime).int64(2, step);
  const summary = (): void => void event.message(1, value);
  const value = (): void => {
    event.string(1, tag);
    event.message(8, () => addTensor(event, tensor));
    event.message(9, metadata);
  };
  const metadata = (): void => {
    // Readers take the metadata of a tag's first value in a file: simplest is to send it always.
    event.message(1, () => {
      event.string(1, plugin);
      if (plugin === 'graph_keras_model') {
        // The version of the plugin's data: without it TensorBoard shows no graph.
        event.string(2, '1');
      }
    });
    if (description !== undefined) {
      event.string(3, description);
    }
    event.int64(4, DATA_CLASS[plugin]);
  };
  return event.message(5, summary).finish();
}

function addTensor(proto: ProtoEncoder, { shape, values }: SummaryTensor): void {
  proto.int64(1, dataType(values));
  proto.message(2, () => {
    for (const size of shape) {
      proto.message(2, () => proto.int64(1, size));
    }
  });
  if (values instanceof Float32Array || values instanceof Float64Array) {
    proto.littleEndian(4, values);
    return;
  }
  for (const value of values) {
    if (typeof value === 'string') {
      proto.string(8, value);
    } else {
      proto.bytes(8, value);
    }
  }
}

function dataType(values: SummaryTensor['values']): number {
  if (values instanceof Float32Array) {
    return DT_FLOAT;
  }
  return values instanceof Float64Array ? DT_DOUBLE : DT_STRING;
}
