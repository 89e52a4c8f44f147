// How much does a program in a browser carry of the package?
import { build } from 'esbuild';
import { gzipSync } from 'node:zlib';
import { report, significant } from './measure.js';

await measure(
  'the browser entry with everything, minified by esbuild and gzipped',
  `export * from 'tfjs-hooks';`,
  12,
);
await measure(
  'one hook with toCallback',
  `export { StopAtStepHook, toCallback } from 'tfjs-hooks';`,
  4,
);

/**
 * @param {string} question
 * @param {string} contents A program.
 * @param {number} target In kilobytes.
 */
async function measure(question, contents, target) {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    external: ['@tensorflow/*'],
  });
  const [file] = outputFiles;
  const size = gzipSync(/** @type {Uint8Array} */ (file?.contents)).length / 1000;
  const [output] = Object.values(metafile.outputs);
  report(
    question,
    `at most ${target} kB`,
    `${significant(size, 3)} kB`,
    size <= target,
    parts(output?.inputs ?? {}),
  );
}

/** @param {Readonly<Record<string, { bytesInOutput: number }>>} inputs */
function parts(inputs) {
  const sizes = Object.entries(inputs).map(([path, { bytesInOutput }]) => ({
    name: path.replace(/^.*dist\/esm\/|\.js$/g, ''),
    bytes: bytesInOutput,
  }));
  sizes.sort((one, other) => other.bytes - one.bytes);
  const bytesOf = (/** @type {string} */ start) =>
    sizes
      .filter(({ name }) => name.startsWith(start))
      .reduce((before, { bytes }) => before + bytes, 0);
  const all = bytesOf('');
  const share = (/** @type {number} */ bytes) => `${Math.round((100 * bytes) / all)} %`;
  const largest = sizes.slice(0, 6).map(({ name, bytes }) => `\`${name}\` ${share(bytes)}`);
  return (
    `of the minified bytes the drivers have ${share(bytesOf('adapters'))}, the hooks ` +
    `${share(bytesOf('lib/hooks'))} and the core the rest. The largest files: ${largest.join(', ')}.`
  );
}
