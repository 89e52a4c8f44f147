import { openDirectory } from '../../adapters/node/directory.js';
import { restoreLatest, Saver } from '../../lib/index.js';
import type { Directory } from '../../lib/index.js';
import { checkpointRun } from './checkpoint-run.js';
import { watched } from './watched-directory.js';

// A program of its own: `<directory> save <killed at which operation>`, `<directory> loop`,
// `<directory> background`, or `<directory> hold`.
const [, , dir = '', mode = '', killAt = ''] = process.argv;

let operations = 0;
let isArmed = false;

function onOperation(): void {
  if (isArmed && ++operations === Number(killAt)) {
    process.kill(process.pid, 'SIGKILL');
  }
}

function open(path: string): Directory {
  const directory = openDirectory(path);
  return mode === 'background' ? directory : watched(directory, onOperation);
}

const run = checkpointRun(open);
const saver = new Saver({ maxToKeep: 2, background: mode === 'background' });

async function save(step: number): Promise<void> {
  await run.goTo(step);
  await saver.save(run.session, `${dir}/model.ckpt`, step);
  process.stdout.write(`${step}\n`);
}

async function main(): Promise<void> {
  await restoreLatest(run.session, open(dir));
  const first = run.globalStep.value;
  process.stdout.write(`restored ${first}\n`);
  switch (mode) {
    case 'loop':
    case 'background':
      for (let step = first; ; step++) {
        // As a run does: what it was restored from is saved again.
        await save(step);
      }
    case 'hold':
      await save(first + 1);
      setInterval(() => {}, 1000);
      return;
    default:
      await save(first + 1);
      await save(first + 2);
      isArmed = true;
      await save(first + 2);
      await save(first + 3);
      isArmed = false;
      await saver.settle();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(String(error));
  process.exitCode = 1;
});
