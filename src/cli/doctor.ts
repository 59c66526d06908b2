import { statfs } from 'node:fs/promises';

import { openConnection } from '../connections.ts';
import type { Installation } from '../server.ts';
import { connectionStates } from '../store/control.ts';
import { connectionsNamed } from '../store/control.ts';
import { failureOfError } from '../worker/failures.ts';
import { EXIT, type Command } from './command.ts';
import { withInstallation } from './open.ts';

interface Finding {
  readonly what: string;
  readonly isGood: boolean;
  readonly says: string;
}

const NODE_MAJOR_MIN = 22;
const DISK_FREE_MIN_BYTES = 1_000_000_000;
const TABLES_WITHOUT_RLS = `
select coalesce(string_agg(relname, ', '), '') as names from pg_class
 where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p') and not (relrowsecurity and relforcerowsecurity)
   and relname not in ('lineage', 'migrations', 'workspaces')`;

export const doctor: Command = {
  name: 'doctor',
  usage: '',
  summary: 'Checks this installation: program, store, isolation, disk, connections',
  example: 'trueup doctor',
  options: {},
  optionHelp: {},
  run: (context) =>
    withInstallation(context, async (installation) => {
      const findings = [
        nodeVersion(),
        await store(installation),
        await isolation(installation),
        await disk(installation),
        ...(await reachable(installation)),
      ];
      context.output.json({ findings });
      context.output.table(
        ['', 'what', ''],
        findings.map(({ what, isGood, says }) => [isGood ? 'ok' : '!!', what, says]),
      );
      return findings.every((finding) => finding.isGood) ? EXIT.ok : EXIT.failed;
    }),
};

function nodeVersion(): Finding {
  const isGood = Number(process.versions.node.split('.')[0]) >= NODE_MAJOR_MIN;
  return {
    what: 'Node',
    isGood,
    says: isGood
      ? process.versions.node
      : `${process.versions.node} is too old: ${String(NODE_MAJOR_MIN)} or later is needed`,
  };
}

async function store(installation: Installation): Promise<Finding> {
  const [row] = await installation.transaction((tx) =>
    tx.query<{ version: string }>(`select current_setting('server_version') as version`),
  );
  return { what: 'store', isGood: true, says: `PostgreSQL ${row?.version ?? ''}` };
}

async function isolation(installation: Installation): Promise<Finding> {
  const [row] = await installation.transaction((tx) => tx.query<{ names: string }>(TABLES_WITHOUT_RLS));
  const names = row?.names ?? '';
  return {
    what: 'row security',
    isGood: names === '',
    says: names === '' ? 'forced on every table' : `missing on ${names}`,
  };
}

async function disk(installation: Installation): Promise<Finding> {
  const found = await statfs(installation.directory);
  const free = found.bavail * found.bsize;
  return { what: 'disk', isGood: free >= DISK_FREE_MIN_BYTES, says: `${(free / 1e9).toFixed(1)} GB free` };
}

async function reachable(installation: Installation): Promise<readonly Finding[]> {
  const names = (await installation.transaction((tx) => connectionStates(tx))).map(
    (connection) => connection.name,
  );
  const findings: Finding[] = [];
  for (const row of await installation.transaction((tx) => connectionsNamed(tx, names))) {
    try {
      await (await openConnection(installation, row)).close();
      findings.push({ what: `connection ${row.name}`, isGood: true, says: `${row.system}, connected` });
    } catch (error) {
      findings.push({ what: `connection ${row.name}`, isGood: false, says: failureOfError(error).message });
    }
  }
  return findings;
}
