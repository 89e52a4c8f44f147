/** The error of what a browser lacks. */
export function nodeOnly(name: string, hint = ''): Error {
  return new Error(`${name}: exists in Node only; here is no file system, and no process.${hint}`);
}
