/** Workspaces by name and number. Their table holds nothing but names and has no row security. */
import type { Tx } from './database.ts';

/** Null when there is none of this name. */
export async function findWorkspace(tx: Tx, name: string): Promise<number | null> {
  const [row] = await tx.query<{ workspace_no: number }>(
    'select workspace_no from workspaces where name = $1',
    [name],
  );
  return row?.workspace_no ?? null;
}

export async function allWorkspaces(
  tx: Tx,
): Promise<readonly { readonly workspaceNo: number; readonly name: string }[]> {
  const rows = await tx.query<{ workspace_no: number; name: string }>(
    'select workspace_no, name from workspaces order by workspace_no',
  );
  return rows.map(({ workspace_no: workspaceNo, name }) => ({ workspaceNo, name }));
}

export async function workspaceName(tx: Tx, workspaceNo: number): Promise<string | null> {
  const [row] = await tx.query<{ name: string }>('select name from workspaces where workspace_no = $1', [
    workspaceNo,
  ]);
  return row?.name ?? null;
}
