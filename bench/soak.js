// Does anything grow in a million steps with all nine hooks?
import * as tf from '@tensorflow/tfjs';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toCallback } from 'tfjs-hooks';
import { Calls, commonHooks, quiet, withLogs } from './hooks.js';
import { collectGarbage, report, significant } from './measure.js';

const STEPS = Number(process.argv[2] ?? 1e6);
const PARTS = 10;
const BLOCK = 1000;

await tf.setBackend('cpu');
const directory = mkdtempSync(join(tmpdir(), 'tfjs-hooks-bench-'));
const hooks = commonHooks({ checkpointDir: directory, outputDir: directory, nan: true });
const calls = new Calls(toCallback(hooks, { logger: quiet }));
await calls.begin();

/** What the process holds, and what it has written. */
function state() {
  collectGarbage();
  const files = readdirSync(directory).filter((name) => name.startsWith('events'));
  return {
    heap: process.memoryUsage().heapUsed,
    descriptors: process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0,
    tensors: tf.memory().numTensors,
    bytes: files.reduce((sum, name) => sum + statSync(join(directory, name)).size, 0),
  };
}

/** @type {ReturnType<typeof state>[]} */
const states = [];
const begun = performance.now();
for (let part = 0; part < PARTS; part++) {
  for (let block = 0; block < STEPS / PARTS / BLOCK; block++) {
    await withLogs(BLOCK, (logs) => calls.steps(logs).then(() => 0));
  }
  states.push(state());
}
const seconds = (performance.now() - begun) / 1000;
await calls.end();
rmSync(directory, { recursive: true });

const [first = state(), last = state()] = [states[0], states.at(-1)];
const heap = last.heap - first.heap;
const growths = states.slice(1).map(({ bytes }, i) => bytes - (states[i]?.bytes ?? 0));
const linear = Math.max(...growths) / Math.min(...growths);
report(
  `${STEPS} steps with all nine hooks`,
  'heap, descriptors and tensors flat, bytes linear',
  `heap ${heap < 0 ? '' : '+'}${significant(heap / 1024, 3)} KiB, descriptors ` +
    `${first.descriptors} to ${last.descriptors}, tensors ${first.tensors} to ${last.tensors}, ` +
    `bytes a part ${Math.min(...growths)} to ${Math.max(...growths)}; ` +
    `${significant(seconds, 3)} s`,
  heap < 256 * 1024 &&
    first.descriptors === last.descriptors &&
    first.tensors === last.tensors &&
    linear < 1.01,
);
