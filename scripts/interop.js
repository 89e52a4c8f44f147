// Lets TensorFlow and TensorBoard themselves judge what the package writes and does.
//
//   node scripts/interop.js [arguments for Jest]
//
// Makes what is missing in .build/interop: a Python environment with TensorFlow and TensorBoard,
// and tfjs-node and tfjs-node-gpu, whose native part is compiled here, against the TensorFlow of
// that environment. Then it records what TensorFlow's hooks do in random scenarios, starts the
// readers, and runs Jest. Needs Linux, python3 (3.10 or newer) with venv, g++ and Node's headers.
// INTEROP_SEED and INTEROP_COUNT choose the scenarios.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

const root = dirname(import.meta.dirname);
const folder = join(root, '.build/interop');
const sources = join(root, 'spec/interop');
const python = join(folder, 'python/bin/python');
const natives = ['tfjs-node', 'tfjs-node-gpu'];
const version = '4.22.0';
const headers = join(dirname(dirname(realpathSync(process.execPath))), 'include/node');
const seed = Number(process.env['INTEROP_SEED'] ?? 1);
const count = Number(process.env['INTEROP_COUNT'] ?? 200);

/** What this script has started and not seen the end of. */
const running = new Set();

function say(line) {
  process.stderr.write(`interop: ${line}\n`);
}

function stopAll() {
  for (const child of running) {
    child.kill('SIGTERM');
  }
}

// What waits for a child goes on, sees that it failed, and cleans up.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, stopAll);
}

function start(command, args, options = {}) {
  const child = spawn(command, args, { cwd: root, stdio: 'inherit', ...options });
  running.add(child);
  child.on('close', () => running.delete(child));
  return child;
}

/** Resolves with the exit code. */
function endOf(child) {
  return new Promise((resolve) => {
    child.on('error', () => resolve(1));
    child.on('close', (code) => resolve(code ?? 1));
  });
}

async function run(what, command, args, options) {
  if ((await endOf(start(command, args, options))) !== 0) {
    throw new Error(`${what} failed: ${command} ${args.join(' ')}`);
  }
}

function output(command, ...args) {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

function checkTools() {
  const missing = [];
  const has = output(
    'python3',
    '-c',
    'import sys, venv, ensurepip; print(sys.version_info >= (3, 10))',
  );
  if (has === undefined) {
    missing.push('python3 with the modules venv and ensurepip (Debian: python3-venv)');
  } else if (has !== 'True') {
    missing.push('python3 of 3.10 or newer');
  }
  if (output('g++', '--version') === undefined) {
    missing.push('g++ (Debian: g++)');
  }
  if (!existsSync(join(headers, 'node_api.h'))) {
    missing.push(`Node's headers in ${headers}, where every distribution of Node has them`);
  }
  if (missing.length > 0) {
    throw new Error(`missing here:\n${missing.map((one) => `  - ${one}`).join('\n')}`);
  }
}

/** Makes a folder unless it is there, made of the same. */
async function once(name, madeOf, make) {
  const path = join(folder, name);
  const stamp = join(path, 'made-of.json');
  const wanted = JSON.stringify(madeOf);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) {
    return;
  }
  say(`making ${name}`);
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { recursive: true });
  await make(path);
  writeFileSync(stamp, wanted);
}

async function makePython() {
  const requirements = join(sources, 'requirements.txt');
  const alone = join(sources, 'requirements-alone.txt');
  const madeOf = [
    readFileSync(requirements, 'utf8'),
    readFileSync(alone, 'utf8'),
    output('python3', '--version'),
  ];
  await once('python', madeOf, async (path) => {
    await run('venv', 'python3', ['-m', 'venv', path]);
    const args = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
    await run('pip', python, [...args, '-r', requirements]);
    await run('pip', python, [...args, '--no-deps', '-r', alone]);
  });
}

async function makeNative(name) {
  const tensorflow = tensorFlowHome();
  const madeOf = [
    version,
    tensorflow,
    headers,
    readFileSync(join(sources, 'requirements.txt'), 'utf8'),
  ];
  await once(name, madeOf, async (path) => {
    const dependencies = { [`@tensorflow/${name}`]: version };
    writeFileSync(join(path, 'package.json'), JSON.stringify({ private: true, dependencies }));
    // Its install script would download what is compiled here.
    const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    await run('npm install', 'npm', args, { cwd: path, stdio: ['ignore', 'ignore', 'inherit'] });
    const home = join(path, 'node_modules/@tensorflow', name);
    mkdirSync(join(home, 'lib/napi-v8'), { recursive: true });
    const binding = join(home, 'binding');
    const files = readdirSync(binding).filter((one) => one.endsWith('.cc'));
    await run('g++', 'g++', [
      '-std=c++17',
      '-O2',
      '-fPIC',
      '-shared',
      '-DNAPI_VERSION=8',
      `-I${headers}`,
      `-I${join(tensorflow, 'include')}`,
      ...files.map((one) => join(binding, one)),
      '-o',
      join(home, 'lib/napi-v8/tfjs_binding.node'),
      `-L${tensorflow}`,
      '-l:libtensorflow_cc.so.2',
      '-l:libtensorflow_framework.so.2',
      `-Wl,-rpath,${tensorflow}`,
    ]);
  });
}

/** Where the environment has TensorFlow. Importing it would take seconds. */
function tensorFlowHome() {
  const find =
    "import importlib.util as u; print(*u.find_spec('tensorflow').submodule_search_locations)";
  const home = output(python, '-c', find);
  if (home === undefined) {
    throw new Error(`there is no TensorFlow in ${folder}/python: remove the folder.`);
  }
  return home;
}

async function makeTraces() {
  const recorder = join(sources, 'record_traces.py');
  const hash = createHash('sha256').update(readFileSync(recorder)).digest('hex');
  await once('traces', [hash, seed, count], async (path) => {
    const out = ['--out', join(path, 'traces.json')];
    const args = [recorder, '--seed', String(seed), '--count', String(count), ...out];
    await run('record_traces.py', python, args, { env: quiet() });
  });
  return join(folder, 'traces/traces.json');
}

function quiet() {
  return { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3', CUDA_VISIBLE_DEVICES: '-1' };
}

/** Starts both readers; they end with their input. Gives their addresses. */
async function startReaders(runs) {
  const child = start(python, [join(sources, 'readers.py'), runs], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: quiet(),
  });
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('{')) {
      return JSON.parse(line);
    }
  }
  throw new Error('readers.py ended before it was ready.');
}

async function main() {
  checkTools();
  await makePython();
  const runs = mkdtempSync(join(folder, 'runs-'));
  let status = 1;
  try {
    const [readers, traces] = await Promise.all([
      startReaders(runs),
      makeTraces(),
      ...natives.map(makeNative),
    ]);
    const jest = dirname(createRequire(import.meta.url).resolve('jest/package.json'));
    const args = [
      join(jest, 'bin/jest.js'),
      '--config',
      join(root, 'jest.interop.config.js'),
      ...process.argv.slice(2),
    ];
    const env = {
      ...quiet(),
      INTEROP: JSON.stringify({ ...readers, runs, traces, folder, natives }),
      TRACES: traces,
    };
    status = await endOf(start(process.execPath, args, { env }));
  } finally {
    stopAll();
    await Promise.all([...running].map(endOf));
    rmSync(runs, { recursive: true, force: true });
  }
  process.exitCode = status;
}

try {
  await main();
} catch (error) {
  say(error.message);
  process.exitCode = 1;
}
