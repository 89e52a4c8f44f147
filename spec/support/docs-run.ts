import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import * as tf from '@tensorflow/tfjs';

import { fileName } from './docs-compile.js';
import type { Example } from './docs-examples.js';
import { makeGlobals } from './docs-globals.js';

/** Runs an example in an empty working directory, with what its page takes for granted. */
export async function run(folder: string, example: Example): Promise<void> {
  const path = join(folder, `${fileName(example)}.run.ts`);
  writeFileSync(path, runnable(example));
  const module = (await import(path)) as { readonly example: () => Promise<void> };

  const home = process.cwd();
  const directory = mkdtempSync(join(tmpdir(), 'tfjs-hooks-docs-'));
  const globals = makeGlobals();
  Object.assign(globalThis, globals);
  process.chdir(directory);
  try {
    await module.example();
  } finally {
    process.chdir(home);
    rmSync(directory, { recursive: true, force: true });
    for (const name of Object.keys(globals)) {
      Reflect.deleteProperty(globalThis, name);
    }
    tf.disposeVariables();
  }
}

/**
 * An example as a function of a module: CommonJS, which the tests run as, has no `await` outside
 * functions. What it imports comes first, in one line; the other lines keep their numbers.
 */
export function runnable({ line, code }: Example): string {
  const imports: string[] = [];
  const body = code
    .replace(/^import\s[^;]*;/gm, (statement) => {
      imports.push(statement.replace(/\s+/g, ' '));
      return statement.replace(/[^\n]/g, '');
    })
    .replace(/^export (?=class|function|async|const|interface|type)/gm, '');
  const head = `${imports.join(' ')} export async function example(): Promise<void> {`;
  return `${head}${'\n'.repeat(line - 1)}${body}\n}\n`;
}

/** The values that an example says it logs: `console.log(globalStep.value); // 1001`. */
export function announced({ code }: Example): readonly unknown[] {
  return [...code.matchAll(/console\.log\(.*\); \/\/ (.+)$/gm)].flatMap(([, text = '']) => {
    try {
      return [JSON.parse(text) as unknown];
    } catch {
      return [];
    }
  });
}
