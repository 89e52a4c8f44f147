import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';

import * as core from '../lib/index.js';

const root = join(__dirname, '..');

/** The files of a folder, without this ending. */
function namesIn(folder: string, ending: string): string[] {
  return readdirSync(join(root, folder))
    .map((name) => (name.endsWith(ending) ? name.slice(0, -ending.length) : name))
    .sort();
}

function read(...path: readonly string[]): string {
  return readFileSync(join(root, ...path), 'utf8');
}

const hooks = namesIn('lib/hooks', '.ts');

/** `StopAtStepHook` of `stop-at-step-hook`. */
function classOf(hook: string): string {
  return hook.replace(/(^|-)(.)/g, (_match, _dash, letter: string) => letter.toUpperCase());
}

describe('the hooks', () => {
  it('are nine', () => {
    expect(hooks).toHaveLength(9);
  });

  it('have a spec each, and a page each, of the same name, and there are no others', () => {
    expect(namesIn('spec/hooks', '.spec.ts')).toEqual(hooks);
    expect(namesIn('docs/hooks', '.md')).toEqual(hooks);
  });

  it.each(hooks)('have in %s a class that is named after the file, and exported', (hook) => {
    expect(Object.keys(core)).toContain(classOf(hook));
    const classes = [...read('lib/hooks', `${hook}.ts`).matchAll(/^export class (\w+)/gm)];
    expect(classes.map(([, name]) => name)).toEqual([classOf(hook)]);
  });

  it.each(hooks)('have in the spec and on the page of %s its class for a title', (hook) => {
    expect(read('spec/hooks', `${hook}.spec.ts`)).toContain(`describe('${classOf(hook)}'`);
    expect(read('docs/hooks', `${hook}.md`).split('\n')[0]).toBe(`# ${classOf(hook)}`);
  });
});

describe('the table of parity', () => {
  const parity = read('docs/parity.md');

  it.each(hooks)('has a row for %s', (hook) => {
    expect(parity).toContain(`| \`${classOf(hook)}\``);
  });

  it('names sentences that are in the specs it names', () => {
    const [, ...parts] = parity.split(/^(?=.*[Ss]pec: `)/m);
    const missing = parts.flatMap((part) => {
      const spec =
        read(/[Ss]pec: `(.*)`/.exec(part)?.[1] ?? '') + read('spec/support/rejected-options.ts');
      const sentences = [...part.matchAll(/“(.*?)”/g)].map(([, sentence]) => sentence ?? '');
      expect(sentences.length).toBeGreaterThan(0);
      return sentences.filter((sentence) => !spec.includes(sentence));
    });
    expect(parts.length).toBeGreaterThan(hooks.length);
    expect(missing).toEqual([]);
  });
});
