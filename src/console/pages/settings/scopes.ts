/** What a token can be allowed. */
export const SCOPES = ['read', 'operate', 'approve', 'admin'];
