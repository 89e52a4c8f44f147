/** So many times the same. */
export function times<T>(count: number, value: T): T[] {
  return Array.from({ length: count }, () => value);
}
