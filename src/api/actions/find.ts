/** Finding what a request names, or saying that it is not there. */
import type { ProblemView } from '../../diagnose/problem-view.ts';
import { currentProblems } from '../../diagnose/problems.ts';
import { findSync, type SyncRow } from '../../store/control.ts';
import type { Tx } from '../../store/database.ts';
import { notFound } from '../problem.ts';

/** Throws `not_found` when the workspace has no sync of this name. */
export async function syncNamed(tx: Tx, name: string): Promise<SyncRow> {
  const sync = await findSync(tx, name);
  if (sync === null) throw notFound('sync', name);
  return sync;
}

/** The syncs meant: the one of this name, or all. */
export function syncsMeant(syncs: readonly SyncRow[], name: string | undefined): readonly SyncRow[] {
  const meant = syncs.filter((sync) => name === undefined || sync.name === name);
  if (name !== undefined && meant.length === 0) throw notFound('sync', name);
  return meant;
}

/** Throws `not_found` when the workspace has no problem of this id. */
export async function problemNamed(tx: Tx, id: string): Promise<ProblemView> {
  const [problem] = await currentProblems(tx, { problem: id }, 1);
  if (problem === undefined) throw notFound('problem', id);
  return problem;
}
