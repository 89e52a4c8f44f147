/** What `scripts/interop.js` has made and started. */
export interface Interop {
  /** Address of the running TensorBoard. */
  readonly tensorboard: string;
  /** Address of `readers.py`. */
  readonly python: string;
  /** The directory that TensorBoard looks at. */
  readonly runs: string;
  /** The recordings of TensorFlow's hooks. */
  readonly traces: string;
  /** Where the packages of {@link natives} are installed, each in a folder of its name. */
  readonly folder: string;
  readonly natives: readonly string[];
}

export const interop: Interop = found();

function found(): Interop {
  const given = process.env['INTEROP'];
  if (given === undefined) {
    throw new Error('These specs are run by `npm run test:interop`.');
  }
  return JSON.parse(given) as Interop;
}
