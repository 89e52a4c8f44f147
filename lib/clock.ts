/** Where time comes from: for timers, rates, waits and the hours of a saver. */
export interface Clock {
  /** The time in seconds: never goes back, and by default starts at wall time. */
  now(): number;
  /** Resolves after so many seconds. */
  sleep(seconds: number): Promise<void>;
}
