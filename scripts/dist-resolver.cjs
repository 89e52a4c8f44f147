// Where Jest finds modules when it tests what was built: the package by its name, and the sources
// that a test imports by their paths, are the files of dist/cjs; other sources are the sources.
const { existsSync } = require('node:fs');
const { dirname, join, relative, resolve, sep } = require('node:path');

const root = dirname(__dirname);
const built = join(root, 'dist', 'cjs');
/** What `package.json` picks for Node. */
const ofNode = { '#checkpoints': 'tfjs/checkpoints.cjs', '#platform': 'node/platform.cjs' };

module.exports = (request, options) => {
  if (request === 'tfjs-hooks') {
    return join(built, 'adapters', 'index.cjs');
  }
  if (Object.hasOwn(ofNode, request) && !options.basedir.startsWith(built)) {
    return join(built, 'adapters', ofNode[request]);
  }
  if (request.startsWith('.')) {
    const path = resolve(options.basedir, request);
    const [folder] = relative(root, path).split(sep);
    if (folder === 'lib' || folder === 'adapters') {
      return join(built, relative(root, path)).replace(/\.js$/, '.cjs');
    }
    const source = path.replace(/\.js$/, '.ts');
    if (folder !== 'dist' && folder !== 'node_modules' && folder !== '..' && existsSync(source)) {
      return source;
    }
  }
  return options.defaultResolver(request, options);
};
