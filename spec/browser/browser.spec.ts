import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';

import { loadScenarios } from '../support/traces.js';
import { Chromium, run, workerOf } from './support/chromium.js';
import type { Place } from './support/chromium.js';

const scenarios = loadScenarios(join(__dirname, '../tensorflow-traces/traces.json'));

let chromium: Chromium;
let page: Page;

beforeAll(async () => {
  chromium = await Chromium.launch();
  page = await chromium.open();
});

afterAll(async () => {
  // There is none where the launch failed, which has cleaned up.
  await (chromium as Chromium | undefined)?.close();
});

describe.each<[string, () => Promise<Place>]>([
  ['a page', async () => page],
  ['a worker', () => workerOf(page)],
])('in %s', (_where, open) => {
  let place: Place;
  beforeAll(async () => {
    place = await open();
  });

  describe.each(['webgl', 'cpu'])('on %s', (backend) => {
    beforeAll(async () => {
      expect(await run(place, 'use', backend)).toBe(backend);
    });

    it('does what TensorFlow does in every recording', async () => {
      const { replayed, different } = await run(place, 'traces', scenarios);
      expect(different.slice(0, 3)).toEqual([]);
      expect(replayed).toBeGreaterThan(150);
    });

    it('trains with all nine hooks, and evaluates', async () => {
      const { lines, scalars, evaluated, ...rest } = await run(place, 'nine');
      expect(lines).toEqual([
        'Saving checkpoints for 0 into digits/model.ckpt.',
        'a line',
        'a line',
        'global_step/sec: 2',
        'Saving checkpoints for 4 into digits/model.ckpt.',
        'a line',
        'global_step/sec: 2',
        'Saving checkpoints for 6 into digits/model.ckpt.',
        'Evaluation [1/2]',
        'Evaluation [2/2]',
      ]);
      expect(scalars).toEqual([
        ['loss', expect.any(Number), 1],
        ['global_step/sec', 2, 3],
        ['loss', expect.any(Number), 4],
        ['global_step/sec', 2, 5],
      ]);
      expect(evaluated[0]).toEqual(evaluated[1]);
      expect(rest).toEqual({
        saved: [0, 4, 6],
        savedWeights: 2,
        finalOps: [expect.any(Number), 6],
        leaked: 0,
      });
    });

    it('reads what is asked for, and nothing else', async () => {
      const { idle, logging, bare } = await run(place, 'reads');
      expect([idle, logging]).toEqual([0, 10]);
      // What a callback of tfjs costs, so that the count is known to count.
      expect(bare).toBe(200);
    });
  });

  it('lets timers run in time, and frames be drawn', async () => {
    await run(place, 'use', 'cpu');
    const { steps, withoutTimer, withoutTurn, frames } = await run(place, 'beside', 2000);
    expect(steps).toBeGreaterThan(100);
    expect(withoutTimer).toBeLessThan(250);
    expect(withoutTurn).toBeLessThan(250);
    expect(frames).toBeGreaterThan(5);
  });
});

it('stops when a button is clicked', async () => {
  const training = run(page, 'untilClicked');
  await page.click('button');
  const { steps, reason } = await training;
  expect(steps).toBeGreaterThan(0);
  expect(reason).toBe('The user pressed Stop.');
});

it('draws the charts of tfjs-vis', async () => {
  const { charts, leaked } = await run(page, 'charts');
  expect(charts).toBe(8);
  expect(leaked).toBe(0);
});

it('trains on in a hidden tab', async () => {
  const hidden = await chromium.open();
  await run(hidden, 'use', 'cpu');
  await page.bringToFront();
  const { steps, withoutTurn, frames, isHidden } = await run(hidden, 'beside', 3000);
  expect([isHidden, frames]).toEqual([true, 0]);
  expect(steps).toBeGreaterThan(100);
  expect(withoutTurn).toBeLessThan(250);
});
