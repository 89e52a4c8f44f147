import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { read, root } from './docs-examples.js';

/** The relative links of a page that lead nowhere, each as `docs/page.md:12: target`. */
export function deadLinks(file: string, text: string): readonly string[] {
  return linksOf(text)
    .filter(({ target }) => !leadsSomewhere(file, text, target))
    .map(({ line, target }) => `${file}:${line}: ${target}`);
}

interface Link {
  readonly line: number;
  readonly target: string;
}

function linksOf(text: string): readonly Link[] {
  return withoutCode(text).flatMap((content, i) =>
    [...content.matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)|^\[[^\]]+\]:\s*(\S+)/g)]
      .map(([, inline, reference]) => ({ line: i + 1, target: inline ?? reference ?? '' }))
      .filter(({ target }) => !/^[a-z][a-z\d+.-]*:|^\/\//i.test(target)),
  );
}

/** The lines of a page, those of code emptied. */
function withoutCode(text: string): readonly string[] {
  let inFence = false;
  return text.split('\n').map((line) => {
    const isFence = /^\s*```/.test(line);
    const isCode = inFence || isFence;
    inFence = isFence ? !inFence : inFence;
    return isCode ? '' : line.replace(/`[^`]*`/g, (code) => code.replace(/[[\]()]/g, ''));
  });
}

function leadsSomewhere(file: string, text: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  if (path === '') {
    return anchorsOf(text).has(anchor ?? '');
  }
  const page = join(dirname(file), decodeURI(path));
  if (!existsSync(join(root, page))) {
    return false;
  }
  return anchor === undefined || (page.endsWith('.md') && anchorsOf(read(page)).has(anchor));
}

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const line of withoutFences(text)) {
    const [, heading] = /^#{1,6}\s+(.*?)\s*#*$/.exec(line) ?? [];
    if (heading !== undefined) {
      const slug = heading
        .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replace(/\s/g, '-');
      let anchor = slug;
      for (let n = 1; anchors.has(anchor); n++) {
        anchor = `${slug}-${n}`;
      }
      anchors.add(anchor);
    }
  }
  return anchors;
}

function withoutFences(text: string): readonly string[] {
  let inFence = false;
  return text.split('\n').filter((line) => {
    const isFence = /^\s*```/.test(line);
    inFence = isFence ? !inFence : inFence;
    return !inFence && !isFence;
  });
}
