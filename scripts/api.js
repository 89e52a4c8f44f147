// Rolls the declarations up into dist/index.d.cts, and keeps the report of the public API.
//
//   node scripts/api.js            checks that docs/api.md is up to date, and what it reports sound
//   node scripts/api.js --update   writes docs/api.md
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';

const root = dirname(import.meta.dirname);
const built = join(root, '.build/api/tfjs-hooks.api.md');
const kept = join(root, 'docs/api.md');

/** Writes the declarations and the report; gives the numbers of errors and warnings. */
export function extract() {
  const configPath = join(root, 'api-extractor.json');
  mkdirSync(dirname(built), { recursive: true });
  const { errorCount, warningCount } = Extractor.invoke(
    ExtractorConfig.loadFileAndPrepare(configPath),
    {
      localBuild: true,
      messageCallback: (message) => {
        const { logLevel, messageId } = message;
        message.handled =
          logLevel === ExtractorLogLevel.Info || messageId.startsWith('console-api-report');
      },
    },
  );
  format(join(root, 'dist/index.d.cts'));
  return { errorCount, warningCount };
}

function format(path) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'node_modules/oxfmt/bin/oxfmt'), '--stdin-filepath=index.d.cts'],
    { cwd: root, input: readFileSync(path), encoding: 'utf8' },
  );
  if (status !== 0) {
    throw new Error(stderr);
  }
  writeFileSync(path, stdout);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { errorCount, warningCount } = extract();
  if (process.argv.includes('--update')) {
    copyFileSync(built, kept);
    process.exitCode = errorCount === 0 ? 0 : 1;
  } else {
    const { status } = spawnSync('git', ['diff', '--no-index', '--', kept, built], {
      stdio: 'inherit',
    });
    if (status !== 0) {
      console.error('docs/api.md is not what the sources export: npm run api');
    }
    process.exitCode = status === 0 && errorCount + warningCount === 0 ? 0 : 1;
  }
}
