import { Button, Group, List, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';

import type { RecordTest } from '../../data/contract.ts';
import { send } from '../../data/request.ts';
import { useMay } from '../../data/session.ts';
import { Panel } from '../../parts/Panel.tsx';
import { RefusalNote } from '../../parts/RefusalNote.tsx';
import { Tag } from '../../parts/Tag.tsx';

/** Asks the system for a record, and tells what it would lead to step by step and what keeps it back. */
export function TestPanel({
  sync,
  records,
}: {
  readonly sync: string;
  readonly records: readonly { readonly side: string; readonly recordId: string }[];
}) {
  const mayTest = useMay('operator');
  const test = useMutation({
    mutationFn: ({ side, recordId: id }: { readonly side: string; readonly recordId: string }) =>
      send('POST', '/syncs/:name/sides/:side/records/:id/test', { param: { name: sync, side, id } }),
  });
  if (!mayTest || records.length === 0) return null;
  return (
    <Panel
      title="Why is it not in step?"
      about="Reads the record where it lives and goes through everything with it; nothing is written anywhere"
      aside={
        <Group gap="xs">
          {records.map((record) => (
            <Button
              key={`${record.side} ${record.recordId}`}
              size="xs"
              variant="default"
              loading={test.isPending && test.variables === record}
              onClick={() => test.mutate(record)}
            >
              Test it from {record.side}
            </Button>
          ))}
        </Group>
      }
    >
      <div role="status">
        {test.error !== null && <RefusalNote error={test.error} />}
        {test.data === undefined && test.error === null && (
          <Text size="sm" c="dimmed">
            Not tested yet.
          </Text>
        )}
        {test.data !== undefined && <Result result={test.data} />}
      </div>
    </Panel>
  );
}

function Result({ result: { verdict, steps, culprit } }: { readonly result: RecordTest }) {
  return (
    <>
      <Text fw={550}>{verdict}</Text>
      {culprit !== null && (
        <Text size="sm" mt="xs" component="div">
          {culprit.parts.length === 0 ? (
            'It fails with nothing in place: no mapping, rule or value is to blame.'
          ) : (
            <>
              It is <b>{culprit.parts.join(', together with ')}</b>
              {culprit.isMinimal ? '.' : '; it may be fewer of these.'}
            </>
          )}
        </Text>
      )}
      <List size="sm" mt="xs" listStyleType="none">
        {steps.map(({ what, side, says, code }) => (
          <List.Item key={`${what} ${side} ${says}`}>
            <Tag tone={code === null ? 'in-sync' : 'dead'}>{code === null ? 'ok' : 'stops'}</Tag> {what} at{' '}
            {side}: {says}
          </List.Item>
        ))}
      </List>
    </>
  );
}
