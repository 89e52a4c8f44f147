import {
  CheckpointSaverHook,
  FinalOpsHook,
  GlobalStepWaiterHook,
  LoggingTensorHook,
  NanTensorHook,
  Scaffold,
  SecondOrStepTimer,
  StepCounterHook,
  StopAfterNEvalsHook,
  StopAtStepHook,
  SummarySaverHook,
  summary,
} from 'tfjs-hooks';
import type { Session, SessionRunContext, SessionRunHook } from 'tfjs-hooks';

import { fetchOf, fetchRecord, fetchesOf } from './trace-fetches.js';
import type { FetchSources } from './trace-fetches.js';
import type { Recorder } from './trace-record.js';
import type { HookOptions, HookSpec } from './traces.js';

/** What hooks of a scenario refer to. */
export interface HookSources extends FetchSources {
  readonly recorder: Recorder;
  /** What the recordings call `run`. */
  readonly directory: string;
}

/** `never`: options of recordings are JSON, of no type until the constructor has looked at them. */
type Constructor<T> = new (options: never) => T;

const HOOKS: Readonly<Record<string, Constructor<SessionRunHook>>> = {
  CheckpointSaverHook,
  FinalOpsHook,
  GlobalStepWaiterHook,
  LoggingTensorHook,
  NanTensorHook,
  StepCounterHook,
  StopAfterNEvalsHook,
  StopAtStepHook,
  SummarySaverHook,
};

const TYPES: Readonly<Record<string, Constructor<object>>> = { ...HOOKS, SecondOrStepTimer };

/** Calls the constructor of that name. */
export function construct(type: string, options: HookOptions, sources: HookSources): object {
  return new (constructorOf(TYPES, type))(optionsOf(options, sources) as never);
}

/** A hook of a scenario. */
export function hookOf(spec: HookSpec, sources: HookSources): SessionRunHook {
  return spec.type === 'User'
    ? userHook(spec, sources.recorder)
    : new (constructorOf(HOOKS, spec.type))(optionsOf(spec.options ?? {}, sources) as never);
}

function constructorOf<T>(
  types: Readonly<Record<string, Constructor<T>>>,
  type: string,
): Constructor<T> {
  const found = types[type];
  if (found === undefined) {
    throw new Error(`The harness knows no ${type}.`);
  }
  return found;
}

function optionsOf(options: HookOptions, sources: HookSources): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [name, optionOf(name, value, sources)]),
  );
}

function optionOf(name: string, value: unknown, sources: HookSources): unknown {
  const { recorder, directory } = sources;
  switch (name) {
    case 'saver':
      return value === true ? recorder.saver() : value;
    case 'scaffold':
      return new Scaffold(optionsOf(value as HookOptions, sources));
    case 'checkpointDir':
      return directory;
    case 'listeners':
      return (value as { stopAt?: number[]; methods?: string[] }[]).map(
        ({ stopAt, methods }, index) => recorder.listener(index, stopAt, methods),
      );
    case 'summaryWriter':
      return value === true ? recorder.writer() : value;
    case 'summaryOp':
      return summaryOf(value, sources);
    case 'formatter':
      return value === true ? eighths : value;
    case 'tensors':
      return Array.isArray(value) ? value : fetchRecord(value as object, sources);
    case 'lossTensor':
    case 'finalOps':
      return fetchesOf(value, sources);
    default:
      return value;
  }
}

function summaryOf(spec: unknown, sources: HookSources): unknown {
  if (Array.isArray(spec)) {
    return spec.map((item) => summaryOf(item, sources));
  }
  const { scalar, histogram, merge } = spec as Readonly<Record<string, readonly unknown[]>>;
  if (scalar !== undefined) {
    return summary.scalar(String(scalar[0]), fetchOf(scalar[1], sources));
  }
  if (histogram !== undefined) {
    return summary.histogram(String(histogram[0]), fetchOf(histogram[1], sources));
  }
  return summary.merge((merge ?? []).map((item) => summaryOf(item, sources)) as never);
}

function eighths(values: Readonly<Record<string, unknown>>): string {
  const texts = Object.keys(values)
    .sort()
    .map((tag) => `${tag}=${Math.trunc(Number(values[tag]) * 8)}`);
  return `eighths: ${texts.join(' ')}`;
}

/** Asks to stop, or throws, where the recording's did; what is outside of steps comes under 0. */
function userHook(spec: HookSpec, recorder: Recorder): SessionRunHook {
  let step = 0;
  const reach = (method: string, at: number, context?: SessionRunContext): void => {
    if (spec.requestStop?.[method]?.includes(at) === true) {
      context?.requestStop();
    }
    if (spec.throw?.[method] === at) {
      const error = new Error(`boom in ${method}`);
      recorder.run.thrown.push(error);
      throw error;
    }
  };
  return {
    begin: () => {
      step = 0;
      reach('begin', 0);
    },
    afterCreateSession: () => reach('afterCreateSession', 0),
    beforeRun: (context) => reach('beforeRun', step, context),
    afterRun: (context) => reach('afterRun', step++, context),
    end: () => reach('end', 0),
  };
}

/**
 * The hooks before and behind the scenario's.
 *
 * `pass` is called ahead of each step: the time between steps passes in the first hook.
 */
export function watchers(
  recorder: Recorder,
  pass: (step: number) => void,
): { first: SessionRunHook; last: SessionRunHook } {
  return {
    first: {
      ...watcher('first', recorder),
      beforeRun: ({ session }) => {
        const { seen, ran } = recorder.run;
        seen.push([session.globalStep]);
        pass(ran);
      },
      afterRun: () => {
        recorder.run.ran += 1;
      },
    },
    last: {
      ...watcher('last', recorder),
      afterRun: ({ session }) => {
        recorder.run.seen.at(-1)?.push(session.globalStep);
      },
    },
  };
}

function watcher(name: string, recorder: Recorder): SessionRunHook {
  const note = (method: string): void => recorder.note('lifecycle', name, method);
  return {
    begin: (session: Session) => {
      recorder.run.session = session;
      note('begin');
    },
    afterCreateSession: () => note('afterCreateSession'),
    end: () => note('end'),
    abort: (session, error) => {
      recorder.aborts.push({ watcher: name, session, error });
    },
  };
}
