import { tasks } from './tasks.js';
import type { Task } from './tasks.js';

/** Where page and worker are told what to do. */
Object.assign(globalThis, {
  run: (task: Task, args: never[]): unknown =>
    (tasks[task] as (...all: never[]) => unknown)(...args),
});
