/** What is sealed, and where: the place of a value is sealed with it, so that moved elsewhere it cannot be opened. */

/** Every table whose rows hold a sealed value each, and its column that names them, by the word that their places have. */
export const SEALED = {
  secret: { table: 'secrets', name: 'name' },
  tokens: { table: 'tokens', name: 'connection' },
  'sign-in': { table: 'sign_in_providers', name: 'name' },
} as const;

export type SealedKind = keyof typeof SEALED;

export const SEALED_KINDS = Object.keys(SEALED) as readonly SealedKind[];

export function sealedPlace(kind: SealedKind, workspaceNo: number, name: string): string {
  return `workspace ${String(workspaceNo)} ${kind} ${name}`;
}
