import { Code, Text } from '@mantine/core';

import type { Connection } from '../data/contract.ts';
import { Ago } from './Ago.tsx';

/** Where the system is to tell of changes, and when it last did; nothing where it does not tell by itself. */
export function WebhookNews({ webhook }: { readonly webhook: Connection['webhook'] }) {
  if (webhook === null) return null;
  const { path, tellings, refusals } = webhook;
  return (
    <Text size="sm" component="div">
      Webhook at <Code>{`${globalThis.location.origin}${path}`}</Code>:{' '}
      {tellings.length === 0 ? 'it has told of nothing yet' : 'last told of '}
      {tellings.map(({ collection, toldAt }, index) => (
        <span key={collection}>
          {index > 0 && ', '}
          {collection} <Ago at={toldAt} />
        </span>
      ))}
      .
      {refusals !== null && (
        <>
          {' '}
          Since <Ago at={refusals.since} />{' '}
          {refusals.count === 1 ? 'one was' : `${String(refusals.count)} were`} refused, the last one as{' '}
          {refusals.why}.
        </>
      )}
    </Text>
  );
}
