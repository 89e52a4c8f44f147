// The native package, tfjs-node, where one is installed.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** Where the interoperation tests install it. */
const INTEROP = join(root, '.build/interop/tfjs-node');

export const NO_NATIVE =
  "@tensorflow/tfjs-node is missing: 'npm run test:interop' installs it, or set TFJS_NODE to a " +
  'folder that has it in its node_modules';

/**
 * tfjs-node, which has a tfjs of its own; `undefined` where it is not installed.
 *
 * @returns {Promise<any>}
 */
export async function native() {
  const folders = [process.env['TFJS_NODE'], INTEROP, root];
  for (const folder of folders) {
    const path = folder && join(folder, 'node_modules/@tensorflow/tfjs-node/package.json');
    if (path && existsSync(path)) {
      const require = createRequire(path);
      try {
        return require('@tensorflow/tfjs-node');
      } catch {
        // Its library is missing, say: as good as not installed.
      }
    }
  }
  return undefined;
}
