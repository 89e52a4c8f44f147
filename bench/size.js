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
);
const one = await kilobytes(`export { StopAtStepHook, toCallback } from 'tfjs-hooks';`);
report('one hook with toCallback', 'at most 4 kB', `${significant(one, 3)} kB`, one <= 4);
