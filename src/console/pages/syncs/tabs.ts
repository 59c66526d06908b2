/** The parts of a sync's page, as its address names them. */
export const TABS = ['sides', 'mapping', 'plan', 'revisions'] as const;
export type Tab = (typeof TABS)[number];
