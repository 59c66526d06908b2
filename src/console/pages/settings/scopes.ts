/** What a token can be allowed: what a person of that role may. */
export const SCOPES = ['viewer', 'operator', 'approver', 'admin'];
