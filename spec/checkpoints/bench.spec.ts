import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { MonitoredSession, Saver, fileSystem, checkpoints } from 'tfjs-hooks';

it('bench', async () => {
  const dir = mkdtempSync(join('/tmp', 'ckb-'));
  const model = tf.sequential();
  for (let i = 0; i < 4; i++) model.add(tf.layers.dense({ units: 1620, inputShape: [1620], kernelInitializer: 'zeros' }));
  model.compile({ loss: 'meanSquaredError', optimizer: 'adam' });
  await model.fit(tf.ones([1, 1620]), tf.ones([1, 1620]), { verbose: 0 });
  const lines: string[] = [];
  const session = new MonitoredSession({ hooks: [], model });
  await session.begin();
  const saver = new Saver({ maxToKeep: 3 });
  for (let i = 0; i < 5; i++) {
    const t = performance.now(); const n = tf.memory().numTensors;
    await saver.save(session.session, join(dir, 'm'), i);
    lines.push(`save ${performance.now() - t} leak ${tf.memory().numTensors - n}`);
  }
  for (let i = 0; i < 5; i++) {
    const t = performance.now(); const n = tf.memory().numTensors;
    await saver.restore(session.session, join(dir, 'm-4'));
    lines.push(`restore ${performance.now() - t} leak ${tf.memory().numTensors - n}`);
  }
  for (let i = 0; i < 5; i++) {
    const t = performance.now();
    const loaded = await tf.loadLayersModel(fileSystem(join(dir, 'm-4')));
    lines.push(`load ${performance.now() - t}`);
    loaded.optimizer?.dispose();
    loaded.dispose();
  }
  for (let i = 0; i < 2; i++) {
    const t = performance.now();
    await model.save(fileSystem(join(dir, 'plain')), { includeOptimizer: true });
    lines.push(`model.save ${performance.now() - t}`);
  }
  await saver.settle();
  const small = tf.variable(tf.ones([10, 10]));
  const s2 = new MonitoredSession({ hooks: [], variables: [small] });
  await s2.begin();
  for (const max of [10, 1000]) {
    const sv = new Saver({ maxToKeep: max });
    for (let i = 0; i < max; i++) await sv.save(s2.session, join(dir, `k${max}`, 'm'), i);
    const times: number[] = [];
    for (let i = max; i < max + 40; i++) { const t = performance.now(); await sv.save(s2.session, join(dir, `k${max}`, 'm'), i); times.push(performance.now() - t); }
    times.sort((a, b) => a - b);
    lines.push(`kept ${max}: ${times[20]}`);
    await sv.settle();
  }
  const t = performance.now();
  await checkpoints(join(dir, 'k1000'));
  lines.push(`checkpoints ${performance.now() - t}`);
  console.log(lines.join('\n'));
  rmSync(dir, { recursive: true });
}, 100000);
