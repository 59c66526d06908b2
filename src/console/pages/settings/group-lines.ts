/** Groups and their roles as lines that people type: `sync-admins = admin`. */
import type { Role } from '../../data/contract.ts';
import { ROLES } from './roles.ts';

export interface GroupRole {
  readonly group: string;
  readonly role: Role;
}

export function groupLines(roles: readonly GroupRole[]): string {
  return roles.map(({ group, role }) => `${group} = ${role}`).join('\n');
}

/** Empty lines count nothing. Throws on a line that names no role: a group that is left out would lock people out. */
export function rolesIn(lines: string): GroupRole[] {
  return lines
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const at = line.lastIndexOf('=');
      const group = line.slice(0, Math.max(0, at)).trim();
      const role = ROLES.find(({ value }) => value === line.slice(at + 1).trim())?.value;
      if (group === '' || role === undefined)
        throw new Error(
          `“${line.trim()}” is not a group, = and one of ${ROLES.map(({ value }) => value).join(', ')}`,
        );
      return { group, role };
    });
}
