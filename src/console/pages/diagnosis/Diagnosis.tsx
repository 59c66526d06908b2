import { Button, Select, Stack } from '@mantine/core';
import { IconCircleCheck, IconStethoscope } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';

import type { Diagnosis as Answer, Finding } from '../../data/contract.ts';
import { diagnosisQuery, syncsQuery } from '../../data/queries.ts';
import { Ago } from '../../parts/Ago.tsx';
import { inBackground } from '../../parts/in-background.ts';
import { Loaded } from '../../parts/Loaded.tsx';
import { Nothing } from '../../parts/Nothing.tsx';
import { Page } from '../../parts/Page.tsx';
import { Panel } from '../../parts/Panel.tsx';
import { BlindSpots } from './BlindSpots.tsx';
import { Complaints } from './Complaints.tsx';
import classes from './Diagnosis.module.css';
import { FindingRow } from './FindingRow.tsx';

const ALL = 'All syncs';

/** For whoever is asked why the data is not syncing: what is wrong, since when, for which records, whose fault, what to do. */
export function Diagnosis() {
  const { sync } = useSearch({ from: '/shell/diagnosis' });
  const query = useQuery(diagnosisQuery(sync));
  return (
    <Page
      title="Diagnosis"
      about={
        <>
          What is wrong, since when, for which records, whose fault it is and what to do; the heaviest first
          {query.data !== undefined && (
            <>
              {' '}
              · as of <Ago at={query.data.asOf} />
            </>
          )}
        </>
      }
      actions={
        <>
          <SyncChoice sync={sync} />
          <Button
            size="xs"
            variant="default"
            loading={query.isFetching}
            onClick={() => inBackground(query.refetch())}
          >
            Look again
          </Button>
        </>
      }
    >
      <Loaded query={query}>{(diagnosis) => <Content diagnosis={diagnosis} />}</Loaded>
    </Page>
  );
}

function SyncChoice({ sync }: { readonly sync: string | undefined }) {
  const navigate = useNavigate({ from: '/diagnosis' });
  const names = (useQuery(syncsQuery).data?.items ?? []).map(({ name }) => name);
  if (names.length < 2 && sync === undefined) return null;
  return (
    <Select
      size="xs"
      aria-label="Sync"
      data={[{ value: '', label: ALL }, ...names]}
      value={sync ?? ''}
      allowDeselect={false}
      onChange={(next) =>
        inBackground(
          navigate({
            search: ({ symptom }) => ({
              ...(next === null || next === '' ? {} : { sync: next }),
              ...(symptom === undefined ? {} : { symptom }),
            }),
            replace: true,
          }),
        )
      }
    />
  );
}

function Content({ diagnosis: { items: findings, blind } }: { readonly diagnosis: Answer }) {
  const { symptom } = useSearch({ from: '/shell/diagnosis' });
  const wrong = findings.filter(({ weight }) => weight !== 'asSetUp');
  const asked = (one: Finding): boolean => symptom === undefined || one.symptoms.includes(symptom);
  const asSetUp = findings.filter((one) => one.weight === 'asSetUp' && asked(one));
  return (
    <Stack gap="lg">
      <Complaints findings={findings} />
      <Panel flush title="What is wrong">
        {wrong.some(asked) ? (
          <FindingList findings={wrong.filter(asked)} />
        ) : (
          <Nothing
            icon={wrong.length === 0 ? IconCircleCheck : IconStethoscope}
            title={wrong.length === 0 ? 'Nothing was found' : 'No sign of this'}
          >
            {blind.length === 0
              ? 'Every sync was looked at.'
              : 'That says nothing of what could not be seen, which is named below.'}
          </Nothing>
        )}
      </Panel>
      {asSetUp.length > 0 && (
        <Panel
          flush
          title="Meant so"
          about="Nothing is broken here, but it may be why somebody misses something"
        >
          <FindingList findings={asSetUp} />
        </Panel>
      )}
      <BlindSpots blind={blind} />
    </Stack>
  );
}

function FindingList({ findings }: { readonly findings: readonly Finding[] }) {
  return (
    <ul className={classes['list']}>
      {findings.map((finding) => (
        <FindingRow key={`${finding.sync} ${finding.cause} ${finding.next}`} finding={finding} />
      ))}
    </ul>
  );
}
