/** The kinds of channels, with what each of them needs to know. */
import type { Channel } from '../../data/contract.ts';

export type Kind = Channel['kind'];

export interface KindForm {
  readonly value: Kind;
  readonly label: string;
  readonly settings: readonly {
    readonly name: string;
    readonly label: string;
    readonly isRequired: boolean;
  }[];
  /** What its secret is. */
  readonly secret: string;
  readonly needsSecret: boolean;
}

const needed = (name: string, label: string) => ({ name, label, isRequired: true });
const optional = (name: string, label: string) => ({ name, label, isRequired: false });

export const KINDS: readonly KindForm[] = [
  { value: 'slack', label: 'Slack', settings: [], secret: 'Address of its webhook', needsSecret: true },
  { value: 'teams', label: 'Teams', settings: [], secret: 'Address of its webhook', needsSecret: true },
  {
    value: 'email',
    label: 'E-mail',
    settings: [
      needed('host', 'Mail server'),
      optional('port', 'Port'),
      needed('from', 'From'),
      needed('to', 'To, with commas'),
      optional('user', 'User to log in as'),
    ],
    secret: 'Password of the user',
    needsSecret: false,
  },
  { value: 'pagerduty', label: 'PagerDuty', settings: [], secret: 'Routing key', needsSecret: true },
  {
    value: 'webhook',
    label: 'Webhook',
    settings: [needed('url', 'Address to call')],
    secret: 'Key that signs the calls',
    needsSecret: false,
  },
];

export function kindWords(kind: Kind): string {
  return KINDS.find(({ value }) => value === kind)?.label ?? kind;
}
