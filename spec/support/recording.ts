import type {
  Logger,
  SaverLike,
  Session,
  SummaryWriter,
  TensorLike,
  TextValue,
} from '../../lib/index.js';

/** A logger that keeps its lines. */
export class RecordingLogger implements Logger {
  /** All lines, of whatever level. */
  readonly lines: string[] = [];
  /** The lines with their levels. */
  readonly entries: (readonly [level: keyof Logger, line: string])[] = [];

  readonly info = (line: string): void => this.#note('info', line);
  readonly warn = (line: string): void => this.#note('warn', line);
  readonly error = (line: string): void => this.#note('error', line);

  #note(level: keyof Logger, line: string): void {
    this.lines.push(line);
    this.entries.push([level, line]);
  }
}

/** What a {@link RecordingWriter} was called with. */
export type WriterCall =
  | readonly ['scalar', name: string, value: number, step: number]
  | readonly ['text', name: string, value: TextValue, step: number]
  | readonly ['histogram' | 'image', name: string, data: WrittenData, step: number, limit: unknown]
  | readonly ['describe', name: string, description: string]
  | readonly ['graph', config: string]
  | readonly ['start', step: number]
  | readonly ['flush' | 'close'];

/** A tensor as a writer saw it. */
export interface WrittenData {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: readonly unknown[];
}

/** A writer of all kinds of summaries that keeps what it was called with. */
export class RecordingWriter implements SummaryWriter {
  readonly calls: WriterCall[] = [];
  /** The tensors it was given. */
  readonly tensors: TensorLike[] = [];

  /** Name, value and step of each scalar. */
  get scalars(): (readonly [name: string, value: number, step: number])[] {
    return this.calls.flatMap((call) =>
      call[0] === 'scalar' ? [[call[1], call[2], call[3]] as const] : [],
    );
  }

  count(kind: WriterCall[0]): number {
    return this.calls.filter(([one]) => one === kind).length;
  }

  scalar(name: string, value: number, step: number): void {
    this.calls.push(['scalar', name, value, step]);
  }

  text(name: string, value: TextValue, step: number): void {
    this.calls.push(['text', name, value, step]);
  }

  histogram(name: string, data: TensorLike, step: number, buckets?: number): void {
    this.calls.push(['histogram', name, this.#seen(data), step, buckets]);
  }

  image(name: string, data: TensorLike, step: number, maxOutputs?: number): void {
    this.calls.push(['image', name, this.#seen(data), step, maxOutputs]);
  }

  describe(name: string, description: string): void {
    this.calls.push(['describe', name, description]);
  }

  graph(config: string): void {
    this.calls.push(['graph', config]);
  }

  sessionStart(step: number): void {
    this.calls.push(['start', step]);
  }

  flush(): void {
    this.calls.push(['flush']);
  }

  close(): void {
    this.calls.push(['close']);
  }

  #seen(tensor: TensorLike): WrittenData {
    this.tensors.push(tensor);
    const { dtype, shape } = tensor;
    return { dtype, shape, data: Array.from<unknown>(tensor.dataSync()) };
  }
}

/** A saver that notes what it would save. */
export class RecordingSaver implements SaverLike {
  /** The paths of the checkpoints, in order. */
  readonly saves: string[] = [];
  readonly sessions = new Set<Session>();
  settled = 0;

  /** The step of the last checkpoint. */
  get latest(): number | undefined {
    const path = this.saves.at(-1);
    return path === undefined ? undefined : Number(/\d+$/.exec(path)?.[0]);
  }

  async save(session: Session, path: string, globalStep: number): Promise<string> {
    this.sessions.add(session);
    this.saves.push(`${path}-${globalStep}`);
    return `${path}-${globalStep}`;
  }

  settle(): void {
    this.settled += 1;
  }
}
