import { constants } from 'node:os';
import { isMainThread } from 'node:worker_threads';

import { ValueError } from '../../lib/index.js';
import { shown } from './checks.js';

/** Aborts at the first of the signals; a second one ends the process, as it would without. */
export function processSignal(...signals: readonly string[]): AbortSignal {
  checkSignals(signals);
  const controller = new AbortController();
  const waiting: Waiting = { controller, signals: new Set(signals as NodeJS.Signals[]) };
  for (const signal of waiting.signals) {
    add(signal, waiting);
  }
  return controller.signal;
}

interface Waiting {
  readonly controller: AbortController;
  readonly signals: ReadonlySet<NodeJS.Signals>;
}

/** Who waits for which signal. One listener serves all: many would make Node warn. */
const waitingFor = new Map<NodeJS.Signals, Set<Waiting>>();

function add(signal: NodeJS.Signals, waiting: Waiting): void {
  let all = waitingFor.get(signal);
  if (all === undefined) {
    all = new Set();
    waitingFor.set(signal, all);
    process.on(signal, onSignal);
  }
  all.add(waiting);
}

function onSignal(signal: NodeJS.Signals): void {
  const all = [...(waitingFor.get(signal) ?? [])];
  // First of all, so that a second signal ends the process whatever training does meanwhile.
  all.forEach(remove);
  for (const { controller } of all) {
    controller.abort(signal);
  }
}

function remove(waiting: Waiting): void {
  for (const signal of waiting.signals) {
    const all = waitingFor.get(signal);
    all?.delete(waiting);
    if (all?.size === 0) {
      waitingFor.delete(signal);
      process.off(signal, onSignal);
    }
  }
}

function checkSignals(signals: readonly unknown[]): void {
  if (!isMainThread) {
    throw new Error(
      'processSignal: Node tells the main thread of signals, and no other: call it there, and tell ' +
        'this thread by a message.',
    );
  }
  if (signals.length === 0) {
    throw new ValueError("processSignal: at least one signal must be named, 'SIGTERM' say.");
  }
  for (const signal of signals) {
    if (typeof signal !== 'string' || !(signal in constants.signals) || UNSEEN.has(signal)) {
      throw new ValueError(
        `processSignal: ${shown(signal)} is not the name of a signal that a process can handle.`,
      );
    }
  }
}

/** Those that end or stop a process without its knowledge. */
const UNSEEN: ReadonlySet<string> = new Set(['SIGKILL', 'SIGSTOP']);
