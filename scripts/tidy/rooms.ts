/** The rooms of src/ and what each may import besides itself; the order is the order of the layers. */
export const MAY_IMPORT: ReadonlyMap<string, readonly string[]> = new Map([
  ['lib', []],
  ['engine', ['lib']],
  ['connector', ['lib', 'engine']],
  ['connectors', ['lib', 'engine', 'connector']],
  ['simulators', ['lib', 'engine']],
  ['syncfile', ['lib', 'engine', 'connector']],
  ['store', ['lib', 'engine']],
  ['demo', ['lib', 'engine', 'store']],
  ['worker', ['lib', 'engine', 'connector', 'connectors', 'store']],
  ['diagnose', ['lib', 'engine', 'connector', 'connectors', 'store', 'worker']],
  ['api', ['lib', 'engine', 'connector', 'connectors', 'store', 'worker', 'diagnose']],
  // Runs in browsers; of api/ it knows the type of the routes, which leaves nothing behind (the linter sees to that).
  ['console', ['lib', 'api']],
  [
    'cli',
    [
      'lib',
      'engine',
      'connector',
      'connectors',
      'simulators',
      'syncfile',
      'store',
      'worker',
      'diagnose',
      'api',
      'demo',
    ],
  ],
]);

/** The rooms that take only types from engine/: they report and carry out, they do not decide. */
export const TYPES_OF_ENGINE_ONLY: ReadonlySet<string> = new Set(['connectors', 'simulators']);

/** Which rooms and folders may load a database driver; every other path may not. */
export const DRIVERS: ReadonlyMap<string, readonly string[]> = new Map([
  ['pg', ['src/store/', 'src/connectors/postgres/', 'src/demo/']],
  ['pg-logical-replication', ['src/connectors/postgres/']],
  ['mysql2', ['src/connectors/mysql/']],
  ['pg-boss', ['src/store/', 'src/worker/']],
]);
