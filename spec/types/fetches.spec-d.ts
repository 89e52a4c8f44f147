import * as tf from '@tensorflow/tfjs';
import { expectTypeOf } from 'expect-type';
import {
  type FetchResults,
  type Fetches,
  FinalOpsHook,
  type Session,
  type SessionRunHook,
} from 'tfjs-hooks';

declare const session: Session;

// A metric, and the global step, is a number; a weight has any shape.
expectTypeOf(session.run('loss')).resolves.toEqualTypeOf<number>();
expectTypeOf(session.run('global_step')).resolves.toEqualTypeOf<number>();
expectTypeOf(session.run('dense_Dense1/kernel')).resolves.not.toEqualTypeOf<number>();

// A tensor's result has its rank.
declare const scalar: tf.Scalar;
declare const vector: tf.Tensor1D;
declare const matrix: tf.Tensor2D;
expectTypeOf(session.run(scalar)).resolves.toEqualTypeOf<number>();
expectTypeOf(session.run(vector)).resolves.toEqualTypeOf<number[]>();
expectTypeOf(session.run(matrix)).resolves.toEqualTypeOf<number[][]>();
expectTypeOf(session.run(() => 1)).resolves.toEqualTypeOf<number>();
expectTypeOf(session.run(async () => tf.scalar(1))).resolves.toEqualTypeOf<number>();
expectTypeOf(session.run((s: Session) => tf.tensor1d([s.globalStep]))).resolves.toEqualTypeOf<
  number[]
>();

// Every kind of fetch is one.
declare const model: tf.LayersModel;
expectTypeOf(tf.variable(tf.scalar(1))).toExtend<Fetches>();
expectTypeOf(model.weights[0]!).toExtend<Fetches>();
expectTypeOf(model.outputs[0]!).toExtend<Fetches>();
expectTypeOf(session.run(model.outputs[0]!, { x: tf.ones([1, 1]) })).toExtend<Promise<unknown>>();
expectTypeOf([model.outputs, { deep: [[{ deeper: 'loss' }]] }]).toExtend<Fetches>();

// Results have the structure of the fetches, nested as deep as you like.
expectTypeOf(session.run({ loss: 'loss', all: ['acc', { deep: [matrix] }] })).resolves.toExtend<{
  loss: number;
  all: [number, { deep: [number[][]] }];
}>();

const final = new FinalOpsHook({ finalOps: { loss: 'loss', parts: [scalar, matrix] } });
expectTypeOf(final.finalOpsValues!.loss).toEqualTypeOf<number>();
expectTypeOf(final.finalOpsValues!.parts[0]).toEqualTypeOf<number>();
expectTypeOf(final.finalOpsValues!.parts[1]).toEqualTypeOf<number[][]>();
// @ts-expect-error No such result.
void final.finalOpsValues!.accuracy;

const named: FinalOpsHook<'loss'> = new FinalOpsHook({ finalOps: 'loss' });
expectTypeOf(named.finalOpsValues).toEqualTypeOf<number | null>();

const hook: SessionRunHook<{ step: 'global_step' }> = {
  beforeRun: () => ({ fetches: { step: 'global_step' } }),
  afterRun: (_, { results }) => {
    expectTypeOf(results.step).toEqualTypeOf<number>();
    // @ts-expect-error Fetched nothing of this name.
    void results.loss;
  },
};
// @ts-expect-error Another structure than the hook declares.
const other: SessionRunHook<{ step: 'global_step' }> = { beforeRun: () => ({ fetches: ['loss'] }) };

expectTypeOf<FetchResults<['loss', { a: 'acc' }]>>().toExtend<[number, { a: number }]>();

// @ts-expect-error A number is no fetch.
void session.run(1);
// @ts-expect-error Nor is what is nested in there.
void session.run({ a: ['loss', null] });
// @ts-expect-error A function gives a tensor or a number.
void session.run(() => 'loss');

export { hook, other };
