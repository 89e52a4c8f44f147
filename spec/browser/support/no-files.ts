/** What the replays of recordings call of Node's modules: in a browser they write no files. */
export const tmpdir = (): string => '';
export const join = (...names: readonly string[]): string => names.join('/');
export const mkdtempSync = (prefix: string): string => prefix;
export const rmSync = (): void => {};
