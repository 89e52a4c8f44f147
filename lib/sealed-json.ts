import type { Directory } from './directory.js';

const SEALED = /^(\{.*),"digest":"([0-9a-f]+)"\}\n$/s;

/** JSON of an object, sealed by its checksum as its last property: one can tell any damage. */
export function sealed(directory: Directory, value: object): string {
  const text = JSON.stringify(value);
  return `${text.slice(0, -1)},"digest":"${directory.checksum(text)}"}\n`;
}

/** The object of a sealed text, `undefined` where the seal is broken. */
export function unsealed(
  directory: Directory,
  text: string,
): Readonly<Record<string, unknown>> | undefined {
  const [, body, digest] = SEALED.exec(text) ?? [];
  if (body === undefined || directory.checksum(`${body}}`) !== digest) {
    return undefined;
  }
  return JSON.parse(`${body}}`) as Readonly<Record<string, unknown>>;
}
