// Runs all benchmarks, one process each, and writes docs/benchmarks.md.
//
//   npm run build && npm run bench
//   npm run bench -- idle-step event-writer   runs these alone, and writes nothing
import { fork, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { machine, mark } from './measure.js';

/** @typedef {import('./measure.js').Row} Row */

const SCRIPTS = [
  'idle-step',
  'idle-memory',
  'reads',
  'fit-overhead',
  'event-writer',
  'summary-saver',
  'checkpoint-save',
  'checkpoint-background',
  'event-loop',
  'soak',
  'size',
];

const asked = process.argv.slice(2);
const begun = performance.now();
/** @type {{ script: string, rows: Row[] }[]} */
const results = [];
for (const script of asked.length > 0 ? asked : SCRIPTS) {
  console.log(`--- ${script}`);
  // What the script before has left for the disk would slow this one's writes down. Windows has none.
  spawnSync('sync');
  results.push({ script, rows: await run(script) });
}
const minutes = (performance.now() - begun) / 60_000;
console.log(`--- It took ${minutes.toFixed(1)} minutes.`);
if (asked.length === 0) {
  writeFileSync(join(import.meta.dirname, '../docs/benchmarks.md'), page());
}

/**
 * @param {string} script
 * @returns {Promise<Row[]>}
 */
function run(script) {
  return new Promise((resolve, reject) => {
    /** @type {Row[]} */
    const rows = [];
    const child = fork(join(import.meta.dirname, `${script}.js`), {
      execArgv: ['--expose-gc'],
      // What the libraries say of themselves is not asked for.
      stdio: ['ignore', 'inherit', 'ignore', 'ipc'],
    });
    child.on('message', (row) => rows.push(/** @type {Row} */ (row)));
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code === 0) {
        resolve(rows);
      } else {
        reject(new Error(`${script} ended with ${code}: run node --expose-gc bench/${script}.js`));
      }
    });
  });
}

function page() {
  const rows = results.flatMap(({ script, rows }) =>
    rows.map(
      ({ question, target, measured, met }) =>
        `| ${question} | ${target} | ${measured} | ${mark(met).trim()} | \`${script}\` |`,
    ),
  );
  const limits = results
    .flatMap(({ rows }) => rows)
    .filter(({ met, limit }) => met === false && limit !== undefined)
    .map(({ question, limit }) => `- **${question}**: ${limit}`);
  return `# Benchmarks

Written by \`npm run bench\` on ${new Date().toISOString().slice(0, 10)}: ${machine()}. It took
${minutes.toFixed(1)} minutes. To repeat: \`npm ci && npm run build && npm run bench\`; one question alone:
\`npm run bench -- idle-step\`.

Each script of \`bench/\` answers one question. What is compared runs in turn in one process; a figure is
the median, or the ratio of two medians, and behind it in brackets are the quartiles. Figures of time
depend on the machine and on what else it does: ratios less so. \`MISS\` marks a target that was not
reached on this machine.

What needs tfjs-node is measured where \`npm run test:interop\` has built it, or where \`TFJS_NODE\` names
a folder that has it.

| question | target | measured | | script |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
${limits.length > 0 ? `\n## What the misses are made of\n\n${limits.join('\n')}\n` : ''}`;
}
