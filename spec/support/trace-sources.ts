import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import * as tf from '@tensorflow/tfjs';

import type { HookSources } from './trace-hooks.js';
import { TraceModel } from './trace-model.js';
import { Recorder } from './trace-record.js';

/** What hooks refer to, and the model, where there is one. */
export interface ReplaySources extends HookSources {
  readonly trace: TraceModel | undefined;
}

/** Makes what a scenario needs, and puts it away behind it. */
export async function withSources<T>(
  hasModel: boolean,
  replay: (sources: ReplaySources) => Promise<T>,
  hasAcc: boolean = false,
): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'traces-'));
  const trace = hasModel ? new TraceModel(hasAcc) : undefined;
  const sources: ReplaySources = {
    recorder: new Recorder(directory),
    directory,
    variables: [],
    trace,
    ...(trace && { model: trace.model }),
  };
  try {
    return await replay(sources);
  } finally {
    tf.dispose([...sources.variables]);
    trace?.dispose();
    rmSync(directory, { recursive: true });
  }
}

/** The model that the driver needs. */
export function theModel(trace: TraceModel | undefined): TraceModel {
  if (trace === undefined) {
    throw new Error('The driver needs a model.');
  }
  return trace;
}
