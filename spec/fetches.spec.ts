import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';

import { ValueError } from '../lib/index.js';
import type { Fetch, Fetches, Session } from '../lib/index.js';
import { FetchPlan } from '../lib/fetch-plan.js';
import {
  isFetch,
  mapFetches,
  nameOf,
  resultOf,
  toNested,
  typed,
  TypedFetch,
} from '../lib/fetches.js';
import { scalarReading } from '../lib/reading.js';
import { FakeTensor, floats, run } from './support/fake-session.js';
import { times } from './support/times.js';

const tensor = new FakeTensor(floats([1, 2]), 'variable');
const weight = { originalName: 'dense/kernel', read: () => tensor };
const symbol = { sourceLayer: {}, name: 'dense/Relu' };
const double = (): number => 2;
const leaves: readonly Fetch[] = ['loss', 'global_step', tensor, weight, symbol, double];

class Thing {
  readonly name = 'thing';
}

/** Fetches of any shape: single ones, arrays, and records, nested. */
const anyFetches = fc.letrec<{ fetches: unknown }>((tie) => ({
  fetches: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constantFrom(...leaves),
    fc.array(tie('fetches'), { maxLength: 4 }),
    fc.dictionary(fc.string(), tie('fetches'), { maxKeys: 4 }),
    fc.dictionary(fc.string(), tie('fetches'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).fetches;

/** The structure of fetches with one thing at each leaf, by a way of its own. */
function shapeOf(fetches: unknown): unknown {
  if (leaves.includes(fetches as Fetch)) {
    return 'leaf';
  }
  return Array.isArray(fetches)
    ? fetches.map(shapeOf)
    : Object.fromEntries(
        Object.entries(fetches as object).map(([key, part]) => [key, shapeOf(part)]),
      );
}

describe('fetches of any shape', () => {
  it('give results in the same shape, and in the order of the fetches', () => {
    fc.assert(
      fc.property(anyFetches, (fetches) => {
        const seen: unknown[] = [];
        const results = mapFetches('Test', fetches, (fetch) => {
          seen.push(fetch);
          return 'leaf';
        });
        expect(results).toEqual(shapeOf(fetches));
        expect(mapFetches('Test', fetches, (fetch) => fetch)).toEqual(fetches);
        expect(seen.every((one) => leaves.includes(one as Fetch))).toBe(true);
      }),
    );
  });

  it('are read once each, and given to each who asked in the shape asked for', () => {
    fc.assert(
      fc.property(fc.array(anyFetches, { maxLength: 4 }), (requests) => {
        const plan = new FetchPlan('global_step');
        requests.forEach((fetches, who) => plan.add('Test', who, fetches));
        expect(new Set(plan.fetches).size).toBe(plan.fetches.length);
        expect(plan.fetches).not.toContain('global_step');
        plan.fill(
          plan.fetches.map((fetch) => scalarReading('number', leaves.indexOf(fetch))),
          leaves.indexOf('global_step'),
        );
        requests.forEach((fetches, who) => {
          const expected = mapFetches('Test', fetches, (fetch) => leaves.indexOf(fetch as Fetch));
          expect(plan.resultsOf(who)).toEqual(expected);
        });
        expect(plan.resultsOf(requests.length)).toBeUndefined();
      }),
    );
  });

  it('come back through a whole run', async () => {
    const values = [0.5, 1, [1, 2], [1, 2], 7, 2];
    const feed = { 'dense/Relu': new FakeTensor(scalarReading('int32', 7)) };
    await fc.assert(
      fc.asyncProperty(anyFetches, async (fetches) => {
        let results: unknown;
        const end = async (session: Session): Promise<void> => {
          results = await session.run(fetches as Fetches, feed);
        };
        await run({ end }, 1);
        const expected = mapFetches('Test', fetches, (one) => values[leaves.indexOf(one as Fetch)]);
        expect(results).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });
});

describe('nested arrays of a reading', () => {
  it('have its shape, and its data in order', () => {
    const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
    fc.assert(
      fc.property(shapes, (shape) => {
        const size = shape.reduce((a, b) => a * b, 1);
        const data = Float32Array.from({ length: size }, (_, i) => i);
        let nested: unknown = toNested({ dtype: 'float32', shape, data });
        if (shape.length === 0) {
          expect(nested).toBe(0);
          return;
        }
        expect((nested as unknown[]).flat(Infinity)).toEqual([...data]);
        if (size > 0) {
          for (const length of shape) {
            expect(nested).toHaveLength(length);
            [nested] = nested as unknown[];
          }
        }
      }),
    );
  });

  it('are strings where the data are', () => {
    const reading = { dtype: 'string', shape: [2, 1], data: ['a', 'b'] };
    expect(toNested(reading)).toEqual([['a'], ['b']]);
  });

  it('are what a fetch gives, unless it asks for the reading itself', () => {
    const reading = floats([1, 2]);
    expect(resultOf('loss', reading)).toEqual([1, 2]);
    expect(resultOf(new TypedFetch('loss'), reading)).toBe(reading);
    expect(typed(['loss', tensor])).toEqual([new TypedFetch('loss'), new TypedFetch(tensor)]);
  });
});

describe('a plan', () => {
  it('reads a fetch once that is asked for in both ways', () => {
    const plan = new FetchPlan('global_step');
    plan.add('Test', 0, 'loss');
    plan.add('Test', 1, typed(['loss', 'global_step']));
    expect(plan.fetches).toEqual(['loss']);
    expect(plan.wantsGlobalStep).toBe(true);
    plan.fill(times(1, floats([1, 2])), 7);
    expect(plan.resultsOf(0)).toEqual([1, 2]);
    expect(plan.resultsOf(1)).toEqual([floats([1, 2]), scalarReading('int32', 7)]);
  });

  it('is empty until someone asks, though for nothing, and behind clear', () => {
    const plan = new FetchPlan('global_step');
    expect([plan.isEmpty, plan.wantsGlobalStep]).toEqual([true, false]);
    plan.add('Test', 0, []);
    expect([plan.isEmpty, plan.fetches]).toEqual([false, []]);
    plan.add('Test', 1, ['loss', 'global_step']);
    plan.clear();
    expect([plan.isEmpty, plan.fetches, plan.wantsGlobalStep]).toEqual([true, [], false]);
    expect(plan.resultsOf(0)).toBeUndefined();
  });
});

describe('one fetch', () => {
  it.each(leaves.map((fetch) => ({ fetch })))('may be $fetch', ({ fetch }) => {
    expect(isFetch(fetch)).toBe(true);
  });

  const wrong = [
    [undefined, 'undefined'],
    [null, 'null'],
    [5, '5'],
    [true, 'true'],
    [new Map(), 'an object of class Map'],
    [new Float32Array(2), 'an object of class Float32Array'],
    [new Thing(), 'an object of class Thing'],
  ] as const;

  it.each(wrong)('cannot be %s', (value, shown) => {
    expect(isFetch(value)).toBe(false);
    for (const fetches of [value, [value], { a: ['loss', value] }]) {
      expect(() => mapFetches('Hook', fetches, String)).toThrow(
        new ValueError(
          `Hook: cannot fetch ${shown}: a fetch is a name, a tensor, a variable, a symbolic ` +
            'tensor, a function, or an array or record of these.',
        ),
      );
    }
  });

  it('may stand in a record without a prototype', () => {
    const record = Object.assign(Object.create(null) as object, { a: 'loss' });
    expect(mapFetches('Test', record, () => 1)).toEqual({ a: 1 });
  });

  it('is called by its name, or else by its place', () => {
    const nameless = Object.defineProperty((): number => 1, 'name', { value: '' });
    const names = [...leaves, nameless].map((fetch, i) => nameOf(fetch, i));
    expect(names).toEqual(['loss', 'global_step', 'variable', '3', 'dense/Relu', 'double', '6']);
  });
});
