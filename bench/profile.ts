/** Where the time of a first sync goes: what Node takes of both cores, and what each statement takes of PostgreSQL. */
import { deliverPlanned, takeIn } from './bulk.ts';
import { measured, type Measurement } from './measure.ts';
import { createWorkbench, type Workbench } from './workbench.ts';

const STATEMENTS_SHOWN = 12;
const UNIT = 'µs/record';

/** The statements' time is the server's own clock's: beside other programs it is longer than what they take. */
export async function profileFirstSync(records: number): Promise<readonly Measurement[]> {
  const bench = await createWorkbench('poll', ['shared_preload_libraries=pg_stat_statements']);
  try {
    await bench.crm.query('create extension pg_stat_statements');
    await bench.fill(records);
    const taken = await profiled(bench, 'take in and plan', records, () => takeIn(bench));
    return [...taken, ...(await profiled(bench, 'deliver', records, () => deliverPlanned(bench)))];
  } finally {
    await bench.close();
  }
}

async function profiled(
  { crm }: Workbench,
  name: string,
  records: number,
  action: () => Promise<void>,
): Promise<readonly Measurement[]> {
  await crm.query('select pg_stat_statements_reset()');
  const before = process.cpuUsage();
  await action();
  const { user, system } = process.cpuUsage(before);
  // Whoever waits for the lock of a claim takes no time of anybody.
  const { rows } = await crm.query<{ readonly statement: string; readonly us: number }>(
    `select coalesce(substring(query from '((?:insert into|(?<!for )update|delete from|analyze)\\s+\\S+)'),
                     'select from ' || substring(regexp_replace(query, 'extract[(][^ ]+ from', '', 'g') from '\\sfrom\\s+([a-z_".]+)')) as statement,
            sum(total_exec_time) * 1000 as us
       from pg_stat_statements where query !~ 'pg_advisory_xact_lock|pg_stat_statements' group by 1 order by 2 desc`,
  );
  const shown = rows.filter(({ statement }) => statement !== null).slice(0, STATEMENTS_SHOWN);
  const sum = rows.reduce((total, { us }) => total + us, 0);
  return [
    measured(`${name}: Node, all of its threads`, (user + system) / records, UNIT),
    measured(`${name}: PostgreSQL, all statements`, sum / records, UNIT),
    ...shown.map(({ statement, us }) => measured(`${name}: ${statement}`, us / records, UNIT)),
  ];
}
