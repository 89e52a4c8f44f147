import type { Directory } from '../../lib/index.js';

/** A directory that tells of each operation before it does it. */
export function watched(directory: Directory, onOperation: (operation: string) => void): Directory {
  return new Proxy(directory, {
    get: (target, property) => {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== 'function') {
        return value;
      }
      return (...args: unknown[]): unknown => {
        if (property === 'child') {
          return watched(target.child(args[0] as string), onOperation);
        }
        if (typeof property === 'string' && property !== 'checksum' && property !== 'isAlive') {
          onOperation(property);
        }
        const result: unknown = Reflect.apply(value, target, args);
        return property === 'create' || property === 'open'
          ? (result as Promise<object>).then((file) => watchedFile(file, onOperation))
          : result;
      };
    },
  });
}

function watchedFile(file: object, onOperation: (operation: string) => void): object {
  return new Proxy(file, {
    get: (target, property) => {
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function'
        ? (...args: unknown[]): unknown => {
            onOperation(String(property));
            return Reflect.apply(value, target, args);
          }
        : value;
    },
  });
}
