export { openDirectory, resolveDirectory } from './directory.js';
export { eventFileWriter } from './event-file-writer.js';
export type { EventFileWriter, EventFileWriterOptions } from './event-file-writer.js';
export { fileSystem } from './file-system.js';
export { processSignal } from './process-signal.js';
export { sharedEventFileWriter } from './shared-writers.js';
