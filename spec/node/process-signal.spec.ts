import { afterEach, describe, expect, it } from '@jest/globals';
import { checkpointInfo, processSignal, ValueError } from 'tfjs-hooks';
import { Child } from '../support/child.js';
import { temporaryDirectory } from '../support/training.js';

const dir = temporaryDirectory();

afterEach(() => {
  // What is left of this file's own would end nothing.
  process.emit('SIGUSR2', 'SIGUSR2');
  process.emit('SIGWINCH', 'SIGWINCH');
});

function listeners(): number {
  return process.listenerCount('SIGUSR2') + process.listenerCount('SIGWINCH');
}

describe('processSignal', () => {
  it('stops training in order at the first signal, and the program goes on', async () => {
    const child = new Child('signalled-process', dir());
    await child.wrote(1);
    const start = performance.now();
    child.process.kill('SIGTERM');
    await child.wrote(2);
    expect(performance.now() - start).toBeLessThan(1000);
    expect(await child.ended).toBe(7);
    expect(child.lines).toEqual(['training', 'stopped by SIGTERM', 'listeners 0']);
    expect((await checkpointInfo(dir()))?.globalStep).toBeGreaterThan(0);
  });

  it('lets a second signal end the process', async () => {
    const child = new Child('signalled-process', dir());
    await child.wrote(1);
    child.process.kill('SIGINT');
    await child.wrote(3);
    child.process.kill('SIGTERM');
    expect(await child.ended).toBe('SIGTERM');
  });

  it('aborts with the name of the signal as the reason', () => {
    const signal = processSignal('SIGUSR2', 'SIGWINCH');
    expect(signal.aborted).toBe(false);
    process.emit('SIGWINCH', 'SIGWINCH');
    expect(signal.aborted).toBe(true);
    expect(signal.reason).toBe('SIGWINCH');
    expect(listeners()).toBe(0);
  });

  it('serves several callers, by one listener for each signal', () => {
    const signals = Array.from({ length: 20 }, () => processSignal('SIGUSR2'));
    const other = processSignal('SIGUSR2', 'SIGWINCH');
    const unrelated = processSignal('SIGWINCH', 'SIGWINCH');
    expect(listeners()).toBe(2);
    process.emit('SIGUSR2', 'SIGUSR2');
    expect(signals.every(({ aborted }) => aborted)).toBe(true);
    expect(other.aborted).toBe(true);
    expect(unrelated.aborted).toBe(false);
    expect(listeners()).toBe(1);
    process.emit('SIGWINCH', 'SIGWINCH');
    expect(unrelated.aborted).toBe(true);
    expect(listeners()).toBe(0);
  });

  it('can be asked again', () => {
    const first = processSignal('SIGUSR2');
    process.emit('SIGUSR2', 'SIGUSR2');
    const second = processSignal('SIGUSR2');
    expect(second.aborted).toBe(false);
    process.emit('SIGUSR2', 'SIGUSR2');
    expect([first.aborted, second.aborted]).toEqual([true, true]);
  });

  it.each([
    [['TERM'], "processSignal: 'TERM' is not the name of a signal that a process can handle."],
    [['SIGUSR2', 'SIGKILL'], "processSignal: 'SIGKILL' is not the name"],
    [[15], 'processSignal: 15 is not the name'],
    [[], "processSignal: at least one signal must be named, 'SIGTERM' say."],
  ])('refuses %p', (signals, message) => {
    expect(() => processSignal(...(signals as string[]))).toThrow(ValueError);
    expect(() => processSignal(...(signals as string[]))).toThrow(message);
    expect(listeners()).toBe(0);
  });
});
