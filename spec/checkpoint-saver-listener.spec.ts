import { describe, expect, it } from '@jest/globals';
import { CheckpointSaverHook } from 'tfjs-hooks';
import type { CheckpointSaverHookOptions, CheckpointSaverListener, Session } from 'tfjs-hooks';

import { run } from './support/fake-session.js';

/** A listener that notes its calls, and may ask to stop at a step. */
class Listener implements CheckpointSaverListener {
  readonly calls: string[] = [];
  readonly #stopAt: number | undefined;

  constructor(stopAt?: number) {
    this.#stopAt = stopAt;
  }

  begin(): void {
    this.calls.push('begin');
  }

  beforeSave(_session: Session, globalStep: number): void {
    this.calls.push(`before ${globalStep}`);
  }

  afterSave(_session: Session, globalStep: number): boolean {
    this.calls.push(`after ${globalStep}`);
    return globalStep === this.#stopAt;
  }

  end(_session: Session, globalStep: number): void {
    this.calls.push(`end ${globalStep}`);
  }
}

function everySteps(saveSteps: number, options: Partial<CheckpointSaverHookOptions>) {
  return new CheckpointSaverHook({ checkpointDir: 'run', saveSteps, ...options });
}

describe('CheckpointSaverListener', () => {
  it('is called around every save, and at begin and end', async () => {
    const listener = new Listener();
    await run(
      new CheckpointSaverHook({ checkpointDir: 'run', saveSecs: 2, listeners: [listener] }),
      3,
    );
    expect(listener.calls).toEqual([
      'begin',
      'before 0',
      'after 0',
      'before 2',
      'after 2',
      'before 3',
      'after 3',
      'end 3',
    ]);
  });

  it('is called with the end alone where the last step was saved', async () => {
    const listener = new Listener();
    await run(everySteps(2, { listeners: [listener] }), 2);
    expect(listener.calls.slice(-2)).toEqual(['after 2', 'end 2']);
  });

  it('is called as one of two, in their order, on both sides of the save', async () => {
    const order: string[] = [];
    const listener = (name: string): CheckpointSaverListener => ({
      begin: () => void order.push(`${name} begin`),
      beforeSave: () => void order.push(`${name} before`),
      afterSave: () => void order.push(`${name} after`),
      end: () => void order.push(`${name} end`),
    });
    const saver = { save: () => void order.push('save') };
    await run(everySteps(5, { saver, listeners: [listener('a'), listener('b')] }), 0);
    expect(order.join(', ')).toBe(
      'a begin, b begin, a before, b before, save, a after, b after, a end, b end',
    );
  });

  it('stops training by true from afterSave', async () => {
    const { steps, lines, session } = await run(everySteps(1, { listeners: [new Listener(3)] }), 9);
    expect(steps).toBe(3);
    expect(lines.at(-1)).toBe(
      'A CheckpointSaverListener requested that training be stopped. listener: Listener',
    );
    expect(session.stopReason).toBe(
      'A CheckpointSaverListener requested that training be stopped.',
    );
  });

  it('does not keep the listeners behind it from being called when it asks to stop', async () => {
    const second = new Listener();
    await run(everySteps(1, { listeners: [new Listener(1), second] }), 9);
    expect(second.calls.slice(-3)).toEqual(['before 1', 'after 1', 'end 1']);
  });

  it('asks in vain before the first step, though it is logged', async () => {
    const { steps, lines } = await run(everySteps(5, { listeners: [new Listener(0)] }), 3);
    expect(steps).toBe(3);
    expect(lines[1]).toMatch(/^A CheckpointSaverListener requested/);
  });

  it('may lack any of its methods', async () => {
    const { steps } = await run(everySteps(1, { listeners: [{}, { beforeSave() {} }] }), 2);
    expect(steps).toBe(2);
  });

  it('is waited for', async () => {
    const order: string[] = [];
    const later = async (what: string): Promise<void> => {
      await Promise.resolve();
      order.push(what);
    };
    const listeners = [
      {
        begin: () => later('begin'),
        beforeSave: () => later('before'),
        afterSave: () => later('after'),
        end: () => later('end'),
      },
    ];
    const saver = { save: () => later('save') };
    await run(everySteps(5, { saver, listeners }), 0);
    expect(order).toEqual(['begin', 'before', 'save', 'after', 'end']);
  });
});
