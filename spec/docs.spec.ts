import { readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';

import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  jest,
} from '@jest/globals';
import * as tf from '@tensorflow/tfjs';

import { compile, makeFolder } from './support/docs-compile.js';
import {
  examples,
  examplesOfPage,
  examplesOfSource,
  pages,
  read,
  root,
} from './support/docs-examples.js';
import { announced, run, runnable } from './support/docs-run.js';
import { deadLinks } from './support/docs-links.js';

const all = examples();

const typo = examplesOfPage(
  'typo.md',
  [
    'Refused by the compiler:',
    '',
    '```ts',
    "import { StopAtStepHook } from 'tfjs-hooks';",
    '',
    'new StopAtStepHook({ numStep: 5 });',
    '```',
  ].join('\n'),
);

let folder = '';

beforeAll(async () => {
  folder = makeFolder();
  // No banner on the console.
  tf.env().set('IS_TEST', true);
  await tf.setBackend('cpu');
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('examples', () => {
  it('are there, in pages and in sources', () => {
    expect(all.map(({ file }) => file)).toEqual(
      expect.arrayContaining(['README.md', 'docs/adapters/tfjs.md', 'lib/timer.ts']),
    );
  });

  it('compile, strictly, and a typo in one would not', () => {
    const [problem, ...others] = [...compile(folder, [...typo, ...all])].sort(
      (a, b) => Number(b.startsWith('typo.md')) - Number(a.startsWith('typo.md')),
    );
    expect(others).toEqual([]);
    expect(problem).toMatch(/^typo\.md:6: error TS\d+: .*numStep/);
  }, 120_000);

  describe('run', () => {
    let log: jest.SpiedFunction<typeof console.log>;

    beforeEach(() => {
      log = jest.spyOn(console, 'log').mockImplementation(() => {});
      for (const method of ['info', 'warn', 'error'] as const) {
        jest.spyOn(console, method).mockImplementation(() => {});
      }
    });

    afterEach(() => {
      jest.restoreAllMocks();
    });

    it.each(all.filter(({ isRun }) => isRun))('$file:$line', async (example) => {
      await run(folder, example);
      for (const value of announced(example)) {
        expect(log.mock.calls).toContainEqual([value]);
      }
    });
  });
});

describe('pages', () => {
  it('have no relative link that leads nowhere', () => {
    expect(pages().flatMap((file) => deadLinks(file, read(file)))).toEqual([]);
  });

  it('are there for each hook, under its name', () => {
    const names = (path: string): readonly string[] =>
      readdirSync(join(root, path)).map((name) => basename(name).replace(/\.\w+$/, ''));
    expect([...names('docs/hooks')].sort()).toEqual([...names('lib/hooks')].sort());
  });
});

describe('the finder of examples', () => {
  it('takes fences marked ts, and knows the line of each', () => {
    const page = ['# Page', '```sh', 'ls', '```', '```ts no-run', 'a();', 'b();', '```'].join('\n');
    expect(examplesOfPage('page.md', page)).toEqual([
      { file: 'page.md', line: 6, code: 'a();\nb();', isRun: false },
    ]);
  });

  it('takes fences behind @example in doc comments', () => {
    const source = [
      '/**',
      ' * Does.',
      ' *',
      ' * @example',
      ' * ```ts',
      ' * a();',
      ' * ```',
      ' *',
      ' * @see https://example.org',
      ' */',
    ].join('\n');
    expect(examplesOfSource('a.ts', source)).toEqual([
      { file: 'a.ts', line: 6, code: 'a();', isRun: true },
    ]);
  });

  it('refuses a mark that it does not know, and a fence left open', () => {
    expect(() => examplesOfPage('page.md', '```ts norun\na();\n```')).toThrow(
      "unknown mark 'norun'",
    );
    expect(() => examplesOfPage('page.md', '\n```ts\na();')).toThrow('page.md:2: the fence');
  });

  it('keeps the lines of an example that it makes a function', () => {
    const code = "import {\n  a,\n} from 'a';\nawait a();\nexport class B {}";
    expect(runnable({ file: 'page.md', line: 2, code, isRun: true }).split('\n')).toEqual([
      "import { a, } from 'a'; export async function example(): Promise<void> {",
      '',
      '',
      '',
      'await a();',
      'class B {}',
      '}',
      '',
    ]);
  });
});

describe('the finder of announced values', () => {
  it('takes the comment behind console.log where it is a value, and leaves words alone', () => {
    const code = 'console.log(a); // [3, 2]\nconsole.log(b); // a number\nlog(c); // 1';
    expect(announced({ file: 'page.md', line: 2, code, isRun: true })).toEqual([[3, 2]]);
  });
});

describe('the finder of dead links', () => {
  it('finds files and headings that are not there, and leaves code and addresses alone', () => {
    const page = [
      '[a](README.md) [b](docs/no-such-page.md) `[c](no)` [d](https://example.org/x)',
      '## A `heading`, here',
      '[e](#a-heading-here) [f](#elsewhere)',
      '```',
      '[g](no)',
      '```',
    ].join('\n');
    expect(deadLinks('CHANGELOG.md', page)).toEqual([
      'CHANGELOG.md:1: docs/no-such-page.md',
      'CHANGELOG.md:3: #elsewhere',
    ]);
  });
});
