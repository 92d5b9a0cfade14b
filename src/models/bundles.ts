/** A bundle of model code that may be run, for those who watch from outside and see only lines of the bundle. */
export interface ModelBundle {
  /** What V8 calls it in stacks. */
  path: string;
  /** JSON; its sources are relative to the folder of `path`. */
  sourceMap: string;
}

let listener: ((bundle: ModelBundle) => void) | null = null;

/** Has someone told of each bundle before it is run; null for nobody. */
export function watchBundles(listen: ((bundle: ModelBundle) => void) | null): void {
  listener = listen;
}

/** Tells of a bundle that may be run from now on. */
export function announceBundle(bundle: ModelBundle): void {
  listener?.(bundle);
}
