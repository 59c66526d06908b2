import type { Breach } from './breach.ts';

const IMPORTS = 'eslint(no-restricted-imports)';

/** One import that points the wrong way for every room, with the sentence that its author must read. */
function wrongWay(from: string, specifier: string, says: string): Breach {
  const source = `import type { A } from '${specifier}';\nexport type B = A;`;
  return { name: `${from} importing ${specifier}`, path: `${from}/a.ts`, code: IMPORTS, source, says };
}

const DRIVER = 'Only store/ and the database connectors';
const WRONG_WAYS: readonly Breach[] = [
  wrongWay('src/lib', '../engine/value.ts', 'lib/ imports nothing of ours'),
  wrongWay('src/engine', '../connector/failure.ts', 'engine/ imports only lib/'),
  wrongWay('src/engine/deep', '../../store/a.ts', 'engine/ imports only lib/'),
  wrongWay('src/engine', 'node:fs', 'engine/ is pure'),
  wrongWay('src/engine', 'zod', 'engine/ is pure'),
  wrongWay('src/connector', '../store/a.ts', 'connector/ imports only lib/ and engine/'),
  wrongWay('src/connector', '../connectors/registry.ts', 'connector/ imports only lib/ and engine/'),
  wrongWay('src/connectors', '../store/a.ts', 'A connector imports only'),
  wrongWay('src/connectors/acme', '../../worker/a.ts', 'A connector imports only'),
  wrongWay('src/connectors/acme/deep', '../../../store/a.ts', 'A connector imports only'),
  wrongWay('src/connectors/postgres', '../../store/a.ts', 'A connector imports only'),
  wrongWay('src/connectors/postgres/deep', '../../../store/a.ts', 'A connector imports only'),
  wrongWay('src/connectors/acme', '../other/a.ts', 'imports no other connector'),
  wrongWay('src/connectors/acme/deep', '../../other/a.ts', 'imports no other connector'),
  wrongWay('src/connectors/postgres', '../mysql/a.ts', 'imports no other connector'),
  wrongWay('src/connectors/postgres', '../acme/a.ts', 'imports no other connector'),
  wrongWay('src/connectors/postgres/deep', '../../acme/a.ts', 'imports no other connector'),
  wrongWay('src/simulators/acme', '../../connector/contract.ts', 'A simulator imports only'),
  wrongWay('src/simulators/acme', '../../engine/plan.ts', 'only the types of value.ts'),
  wrongWay('src/store', '../connector/failure.ts', 'store/ imports only lib/ and engine/'),
  wrongWay('src/worker', '../api/a.ts', 'worker/ imports'),
  wrongWay('src/worker', '../server.ts', 'worker/ imports'),
  wrongWay('src/diagnose', '../cli/a.ts', 'diagnose/ imports'),
  wrongWay('src/api', '../cli/a.ts', 'api/ imports'),
  wrongWay('src/api', '../console/a.ts', 'api/ imports'),
  wrongWay('src/console', '../engine/value.ts', 'console/ runs in browsers'),
  wrongWay('src/console/pages', '../../store/a.ts', 'console/ runs in browsers'),
  wrongWay('src/console', 'node:fs', 'there is no Node'),
  wrongWay('src/console', 'pg', DRIVER),
  wrongWay('src/lib', 'pg', DRIVER),
  wrongWay('src/connector', 'mysql2/promise', DRIVER),
  wrongWay('src/connectors', 'pg', DRIVER),
  wrongWay('src/connectors/acme', 'pg', DRIVER),
  wrongWay('src/connectors/acme/deep', 'pg', DRIVER),
  wrongWay('src/connectors/postgres', 'pg-boss', DRIVER),
  wrongWay('src/connectors/mysql/deep', 'pg-boss', DRIVER),
  wrongWay('src/simulators/acme', 'pg', DRIVER),
  wrongWay('src/store', 'mysql2', DRIVER),
  wrongWay('src/worker', 'pg', DRIVER),
  wrongWay('src/diagnose', 'pg', DRIVER),
  wrongWay('src/api', 'pg-boss', DRIVER),
  wrongWay('src/cli', 'pg', DRIVER),
  ...[
    'lib',
    'engine',
    'connector',
    'connectors',
    'connectors/acme',
    'connectors/acme/deep',
    'connectors/mysql',
    'connectors/mysql/deep',
    'simulators',
    'store',
    'worker',
    'diagnose',
    'api',
    'cli',
  ].flatMap((room) => [
    wrongWay(`src/${room}`, './b.test.ts', 'no test'),
    wrongWay(`src/${room}`, `${'../'.repeat(room.split('/').length + 1)}test/support/b.ts`, 'no test'),
  ]),
  wrongWay('test/support', '../world/b.test.ts', 'Nothing imports a test file'),
];

/** Where types pass and code does not. */
const CODE_OF_ENGINE: readonly Breach[] = [
  'src/connectors/acme/a.ts',
  'src/connectors/acme/deep/a.ts',
  'src/connectors/postgres/a.ts',
  'src/connectors/postgres/deep/a.ts',
  'src/simulators/acme/a.ts',
].map((path) => ({
  name: `${path} importing code of the engine`,
  path,
  code: IMPORTS,
  source: `import { a } from '${'../'.repeat(path.split('/').length - 2)}engine/value.ts';\nexport const b: unknown = a;`,
  says: 'types',
}));

export const LAYERS: readonly Breach[] = [...WRONG_WAYS, ...CODE_OF_ENGINE];
