import type { Directory } from './directory.js';

const SEALED = /^(\{.*),"digest":"([0-9a-f]+)"\}\n$/s;

/** JSON of an object, sealed by a digest of it as its last property: one can tell any damage. */
export async function sealed(directory: Directory, value: object): Promise<string> {
  const text = JSON.stringify(value);
  return `${text.slice(0, -1)},"digest":"${await directory.digest(text)}"}\n`;
}

/** The object of a sealed text, `undefined` where the seal is broken. */
export async function unsealed(
  directory: Directory,
  text: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const [, body, digest] = SEALED.exec(text) ?? [];
  if (body === undefined || (await directory.digest(`${body}}`)) !== digest) {
    return undefined;
  }
  return JSON.parse(`${body}}`) as Readonly<Record<string, unknown>>;
}
