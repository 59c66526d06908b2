/** The roles with what each adds to the one before it. */
export const ROLES = [
  { value: 'viewer', label: 'viewer' },
  { value: 'operator', label: 'operator' },
  { value: 'approver', label: 'approver' },
  { value: 'admin', label: 'admin' },
] as const;
