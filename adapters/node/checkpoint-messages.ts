import type { SaveOrder, SaveOutcome, StateSnapshot, StateTensor } from '../../lib/index.js';

/** Which directory it is, and as which process a thread works on it. */
export interface Target {
  readonly path: string;
  readonly processId: string;
}

export type SentTensor = Omit<StateTensor, 'read'>;

/** What the program asks of the thread. */
export type Request =
  | { readonly kind: 'acquire'; readonly target: Target }
  | {
      readonly kind: 'save';
      readonly target: Target;
      readonly order: SaveOrder;
      readonly tensors: readonly SentTensor[];
      /** JSON of what `model.json` says beyond the weights. */
      readonly model: string | undefined;
      readonly optimizer: StateSnapshot['optimizer'];
    }
  /** The bytes that the thread has asked for are in the file. */
  | { readonly kind: 'written'; readonly failure?: SentError | undefined };

/** What the thread says to the program. */
export type Reply =
  | ByteRange
  | { readonly kind: 'acquired'; readonly failure?: SentError | undefined }
  | {
      readonly kind: 'saved';
      readonly rotation: SaveOutcome['rotation'];
      readonly failure?: SentError | undefined;
    }
  /** Behind each `saved`: what was too many is gone from the disk, or why it is not. */
  | { readonly kind: 'removed'; readonly failure?: SentError | undefined };

/** Asks for the bytes of the tensors, counted over all of them, in a file that is empty. */
export interface ByteRange {
  readonly kind: 'write';
  readonly path: string;
  readonly start: number;
  readonly end: number;
}

/** An error, without losing what the system says: messages keep no properties of errors. */
export interface SentError {
  readonly message: string;
  readonly stack: string | undefined;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly cause?: SentError | undefined;
}

export function sentError(error: unknown): SentError {
  if (!(error instanceof Error)) {
    return { message: String(error), stack: undefined, properties: {} };
  }
  const { message, stack, cause } = error;
  const { code, errno, syscall, path } = error as NodeJS.ErrnoException;
  return {
    message,
    stack,
    properties: code === undefined ? {} : { code, errno, syscall, path },
    cause: cause === undefined ? undefined : sentError(cause),
  };
}

export function receivedError({ message, stack, properties, cause }: SentError): Error {
  const error = new Error(message, cause && { cause: receivedError(cause) });
  if (stack !== undefined) {
    error.stack = stack;
  }
  return Object.assign(error, properties);
}
