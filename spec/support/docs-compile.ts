import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

import type { Example } from './docs-examples.js';
import { root } from './docs-examples.js';
import { declarations, nativeDeclarations } from './docs-globals.js';

/**
 * A new folder for what is made of examples. It lies two levels below the root, as the adapters do,
 * so that an example of an adapter can import the core by the path that an adapter uses.
 */
export function makeFolder(): string {
  const build = join(root, '.build');
  mkdirSync(build, { recursive: true });
  return mkdtempSync(join(build, 'docs-'));
}

/**
 * Compiles examples against the package's own name, all at once, strictly.
 *
 * @returns What is wrong with them, each as `docs/page.md:12: message`.
 */
export function compile(folder: string, examples: readonly Example[]): readonly string[] {
  const sources = new Map(examples.map((example) => [`${fileName(example)}.ts`, example]));
  for (const [name, { line, code }] of sources) {
    // So many empty lines that the compiler counts as the page does; and each is a module.
    writeFileSync(join(folder, name), `${'\n'.repeat(line - 1)}${code}\nexport {};\n`);
  }
  writeFileSync(join(folder, 'globals.d.ts'), declarations);
  writeFileSync(join(folder, 'tfjs-node.d.ts'), nativeDeclarations);
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify(configFor(folder, [...sources.keys()])),
  );

  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const { stdout, stderr, error } = spawnSync(
    process.execPath,
    [tsc, '--project', folder, '--pretty', 'false'],
    { cwd: folder, encoding: 'utf8' },
  );
  if (error !== undefined) {
    throw error;
  }
  return problems(stdout + stderr, sources);
}

/** The name of the file that is made of an example, without its extension. */
export function fileName({ file, line }: Example): string {
  return `${file.replace(/\W/g, '_')}_${line}`;
}

function configFor(folder: string, names: readonly string[]): object {
  const toRoot = relative(folder, root);
  return {
    compilerOptions: {
      target: 'ES2022',
      module: 'ESNext',
      moduleResolution: 'Bundler',
      lib: ['ES2022', 'DOM', 'DOM.Iterable'],
      types: ['node'],
      typeRoots: [`${toRoot}/node_modules/@types`],
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: true,
      noEmit: true,
      paths: {
        'tfjs-hooks': [`${toRoot}/adapters/index.ts`],
        '#checkpoints': [`${toRoot}/adapters/tfjs/checkpoints.ts`],
        '#platform': [`${toRoot}/adapters/node/platform.ts`],
      },
    },
    files: ['globals.d.ts', 'tfjs-node.d.ts', ...names],
  };
}

/** What the compiler says of the examples; the sources have tests of their own. */
function problems(output: string, sources: ReadonlyMap<string, Example>): readonly string[] {
  const found: string[] = [];
  for (const line of output.split('\n')) {
    const [, name = '', at = '', message = ''] =
      /^(.+?)\((\d+),\d+\): (error .*)$/.exec(line) ?? [];
    const example = sources.get(name);
    if (example !== undefined) {
      found.push(`${example.file}:${at}: ${message}`);
    } else if (line.startsWith('error ')) {
      throw new Error(`The compiler cannot begin: ${line}`);
    }
  }
  return found;
}
