import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';

import { recordQuery } from '../../data/queries.ts';
import { Refusal } from '../../data/request.ts';
import { Advice } from '../../parts/Advice.tsx';
import { DiagnoseLink } from '../../parts/DiagnoseLink.tsx';
import { Page } from '../../parts/Page.tsx';
import { Panel } from '../../parts/Panel.tsx';
import { RefusalNote } from '../../parts/RefusalNote.tsx';
import { STATUS_TONES } from '../../parts/states.ts';
import { Tag } from '../../parts/Tag.tsx';
import { To, ToButton } from '../../parts/To.tsx';
import { Waiting } from '../../parts/Waiting.tsx';
import { TestPanel } from './TestPanel.tsx';

/** One record of one side, also where it has no identity, or was never taken in: how it stands, and why. */
export function RecordPage() {
  const { sync = '', side = '', id = '' } = useSearch({ from: '/shell/record' });
  return (
    <Page
      title={`${side} ${id}`}
      about={
        <To to="/records" search={{ sync, side }}>
          All records of {side}
        </To>
      }
      actions={<DiagnoseLink sync={sync} />}
    >
      <Panel title="How it stands">
        <Standing sync={sync} side={side} id={id} />
      </Panel>
      <TestPanel sync={sync} records={[{ side, recordId: id }]} />
    </Page>
  );
}

function Standing({ sync, side, id }: { readonly sync: string; readonly side: string; readonly id: string }) {
  const { data, error } = useQuery(recordQuery(sync, side, id));
  if (error instanceof Refusal && error.code === 'not_found')
    return <Text size="sm">It is not known here: it was never read, or is not in {side} at all.</Text>;
  if (error !== null) return <RefusalNote error={error} />;
  if (data === undefined) return <Waiting />;
  const { identity, status, failure } = data;
  return (
    <>
      <Text size="sm" component="div">
        <Tag tone={STATUS_TONES[status] ?? 'excluded'}>{status}</Tag> {failure?.message}
      </Text>
      {failure?.advice != null && (
        <Text size="sm" mt="xs" component="div">
          <Advice advice={failure.advice} />
        </Text>
      )}
      <Text size="sm" mt="sm" component="div">
        {identity !== null && (
          <ToButton to="/records/$identity" params={{ identity }}>
            Its journey
          </ToButton>
        )}
        {identity === null && status === 'parked' && (
          <ToButton to="/review" search={{ sync }}>
            Decide
          </ToButton>
        )}
        {identity === null && status === 'unreadable' && (
          <ToButton to="/dead-letters" search={{ sync, side }}>
            Dead letters
          </ToButton>
        )}
      </Text>
    </>
  );
}
