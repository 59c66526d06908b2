/** The addresses of webhooks, outside of what people and programs of ours ask for. */
export const HOOKS = '/hooks';

/** Where the system of a connection tells of changes, below the address of this server. */
export function hookPath(workspace: string, connection: string): string {
  return `${HOOKS}/${encodeURIComponent(workspace)}/${encodeURIComponent(connection)}`;
}
