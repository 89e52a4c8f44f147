import type { SummaryWriter } from '../../lib/index.js';
import { resolveDirectory } from './directory.js';
import { eventFileWriter } from './event-file-writer.js';
import type { EventFileWriter } from './event-file-writer.js';

interface Shared {
  readonly writer: EventFileWriter;
  users: number;
}

const shared = new Map<string, Shared>();

/**
 * The event file of a directory, one for all runs of this process that write there at a time:
 * TensorBoard reads the newest file of a directory, and does not go back to an older one that still
 * grows.
 */
export function sharedEventFileWriter(dir: string): SummaryWriter {
  const key = resolveDirectory(dir);
  const entry = shared.get(key) ?? { writer: eventFileWriter(dir), users: 0 };
  shared.set(key, entry);
  const { writer } = entry;
  const isFirst = entry.users === 0;
  entry.users += 1;
  return {
    scalar: (name, value, step) => writer.scalar(name, value, step),
    histogram: (name, data, step, buckets) => writer.histogram(name, data, step, buckets),
    image: (name, data, step, maxOutputs) => writer.image(name, data, step, maxOutputs),
    text: (name, value, step) => writer.text(name, value, step),
    describe: (name, description) => writer.describe(name, description),
    // A run beside another does nothing again: to say so would drop the other's points. And a file
    // has room for one graph.
    ...(isFirst && {
      sessionStart: (step: number) => writer.sessionStart(step),
      graph: (config: string) => writer.graph(config),
    }),
    flush: () => writer.flush(),
    close: () => {
      entry.users -= 1;
      if (entry.users === 0) {
        shared.delete(key);
        writer.close();
      }
    },
  };
}
