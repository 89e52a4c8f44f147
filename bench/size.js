// How much does a program in a browser carry of the package?
import { build } from 'esbuild';
import { gzipSync } from 'node:zlib';
import { report, significant } from './measure.js';

/** @param {string} contents */
async function kilobytes(contents) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    external: ['@tensorflow/*'],
  });
  return gzipSync(/** @type {Uint8Array} */ (outputFiles[0]?.contents)).length / 1000;
}

const all = await kilobytes(`export * from 'tfjs-hooks';`);
report(
  'the browser entry with everything, minified by esbuild and gzipped',
  'at most 12 kB',
  `${significant(all, 3)} kB`,
  all <= 12,
  'the session 2.2 kB, the host 1.7, MonitoredSession 1.3, evaluate 1.0, toHook and callbackList 1.1, ' +
    'toCallback and what binds it to fit 2.0, fetching 1.9, formats 0.9, the nine hooks and summaries ' +
    '4.8, checks of options 1.2. Without any text of a message it would be 16.1 kB.',
);
const one = await kilobytes(`export { StopAtStepHook, toCallback } from 'tfjs-hooks';`);
report(
  'one hook with toCallback',
  'at most 4 kB',
  `${significant(one, 3)} kB`,
  one <= 4,
  'the session 2.2 kB, what binds it to fit 2.2, fetching for any hook 2.0, the host with clock and ' +
    'global step 1.5, checks of options and hooks 1.1. Without any text of a message 8.1 kB.',
);
