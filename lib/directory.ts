/** The operations on a directory that checkpoints need, and that a platform implements. */
export interface Directory {
  readonly path: string;
}
