import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';

export const root: string = join(__dirname, '../..');

/** A block of TypeScript in a page, or in a comment of a source. */
export interface Example {
  /** The file, relative to the root, and the line of the first line of code. */
  readonly file: string;
  readonly line: number;
  readonly code: string;
  readonly isRun: boolean;
}

/** The Markdown of the package, relative to the root. */
export function pages(): readonly string[] {
  return [...files('.', '.md', false), ...files('docs', '.md'), ...files('examples', '.md')];
}

/** Every example: of the pages that users read, and of the comments in the sources. */
export function examples(): readonly Example[] {
  const sources = [...files('lib', '.ts'), ...files('adapters', '.ts')];
  return [
    ...['README.md', ...files('docs', '.md')]
      // The report of the API is declarations, not examples.
      .filter((file) => file !== join('docs', 'api.md'))
      .flatMap((file) => examplesOfPage(file, read(file))),
    ...sources.flatMap((file) => examplesOfSource(file, read(file))),
  ];
}

/** The fenced blocks that are marked `ts`; those marked `ts no-run` are not run. */
export function examplesOfPage(file: string, text: string): readonly Example[] {
  const found: Example[] = [];
  let open: { readonly line: number; readonly info: string; readonly code: string[] } | undefined;
  for (const [i, line] of text.split('\n').entries()) {
    const fence = /^\s*```(.*)$/.exec(line);
    if (fence === null) {
      open?.code.push(line);
    } else if (open === undefined) {
      open = { line: i + 2, info: fence[1]?.trim() ?? '', code: [] };
    } else {
      found.push(...exampleOf(file, open));
      open = undefined;
    }
  }
  if (open !== undefined) {
    throw new Error(`${file}:${open.line - 1}: the fence is never closed.`);
  }
  return found;
}

/** The same, in what follows `@example` in doc comments. */
export function examplesOfSource(file: string, text: string): readonly Example[] {
  let isExample = false;
  const lines = text.split('\n').map((line) => {
    const [, content] = /^\s*(?:\/\*\*|\*(?!\/)) ?(.*)$/.exec(line) ?? [];
    if (content === undefined || content.startsWith('@')) {
      isExample = content?.startsWith('@example') === true;
    }
    return isExample && content !== undefined ? content : '';
  });
  return examplesOfPage(file, lines.join('\n'));
}

function files(folder: string, extension: string, recursive = true): readonly string[] {
  return readdirSync(join(root, folder), { recursive, encoding: 'utf8' })
    .filter((name) => name.endsWith(extension))
    .map((name) => join(folder, name).split(sep).join('/'))
    .sort();
}

export function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

function exampleOf(
  file: string,
  { line, info, code }: { readonly line: number; readonly info: string; readonly code: string[] },
): readonly Example[] {
  const [language, ...marks] = info.split(/\s+/);
  if (language !== 'ts') {
    return [];
  }
  const unknown = marks.filter((mark) => mark !== 'no-run');
  if (unknown.length > 0) {
    throw new Error(`${file}:${line - 1}: unknown mark '${unknown[0]}': there is only 'no-run'.`);
  }
  return [{ file, line, code: code.join('\n'), isRun: marks.length === 0 }];
}
