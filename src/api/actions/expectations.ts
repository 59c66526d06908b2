import { audit } from '../../store/audit.ts';
import type { Tx } from '../../store/database.ts';
import { setExpectation, type ExpectationRow } from '../../store/vitals.ts';
import type { Principal } from '../api-env.ts';
import { notFound } from '../problem.ts';
import { syncNamed } from './find.ts';

/** Says what is expected of a side before somebody is told. Throws `not_found` when the sync has no such side. */
export async function expectOfSide(
  tx: Tx,
  { workspaceNo, email: by }: Principal,
  name: string,
  { side, ...expected }: ExpectationRow,
): Promise<void> {
  const { syncKey, definition } = await syncNamed(tx, name);
  if (!definition.sides.some((known) => known.name === side)) throw notFound(`side of ${name}`, side);
  await setExpectation(tx, syncKey, { side, ...expected });
  const detail = { sync: name, ...expected };
  await audit(tx, workspaceNo, { by, action: 'side.expected', subject: side, detail });
}
