import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';

import type { Hold, Journey, Wait } from '../../data/contract.ts';
import { journeyQuery } from '../../data/queries.ts';
import { Ago } from '../../parts/Ago.tsx';
import { DiagnoseLink } from '../../parts/DiagnoseLink.tsx';
import { Loaded } from '../../parts/Loaded.tsx';
import { Page } from '../../parts/Page.tsx';
import { Panel } from '../../parts/Panel.tsx';
import { STATUS_TONES } from '../../parts/states.ts';
import { Tag } from '../../parts/Tag.tsx';
import { To, ToButton } from '../../parts/To.tsx';
import { FieldTable } from './FieldTable.tsx';
import classes from './Journey.module.css';
import { SameAs } from './SameAs.tsx';
import { TestPanel } from './TestPanel.tsx';
import { Timeline } from './Timeline.tsx';

/** One identity: what every side holds of it, who put each value there, and all that happened to it. */
export function JourneyPage() {
  const { identity } = useParams({ from: '/shell/records/$identity' });
  const query = useQuery(journeyQuery(identity));
  return (
    <Page
      title={query.data?.title ?? 'Record'}
      about={<To to="/records">All records</To>}
      actions={query.data !== undefined && <DiagnoseLink sync={query.data.sync} />}
    >
      <Loaded query={query}>
        {(journey) => (
          <>
            <Where journey={journey} />
            {journey.holds.map((hold) => (
              <HoldNote key={hold.id} hold={hold} />
            ))}
            {journey.waits.map((wait) => (
              <WaitNote key={`${wait.kind} ${wait.side} ${wait.field}`} wait={wait} />
            ))}
            <Panel
              flush
              title="What each side holds"
              about="The golden record stands for this identity; a marked value differs from it"
            >
              <FieldTable journey={journey} />
            </Panel>
            <TestPanel sync={journey.sync} records={journey.records} />
            <SameAs journey={journey} />
            <Panel title="Journey" about="All that happened, the newest first">
              <Timeline steps={journey.timeline} />
            </Panel>
          </>
        )}
      </Loaded>
    </Page>
  );
}

function HoldNote({ hold }: { readonly hold: Hold }) {
  return (
    <div className={classes['hold']}>
      <span>{hold.sentence}</span>
      <ToButton to="/review" search={{ hold: hold.id }}>
        Decide
      </ToButton>
    </div>
  );
}

/** What is not there because another record is not. */
function WaitNote({ wait: { sentence, since, needsPerson, waitsFor } }: { readonly wait: Wait }) {
  return (
    <div className={classes['wait']} data-needs-person={needsPerson}>
      <span>
        Waits: {sentence}.{' '}
        <span className={classes['faint']}>
          Since <Ago at={since} />.{' '}
          {needsPerson ? 'That does not change by itself.' : 'It goes on by itself.'}
        </span>
      </span>
      {waitsFor !== null && (
        <ToButton to="/records" search={{ sync: waitsFor.sync, query: waitsFor.recordId }}>
          Look at it
        </ToButton>
      )}
    </div>
  );
}

function Where({ journey }: { readonly journey: Journey }) {
  return (
    <div className={classes['where']}>
      {journey.tombstone !== null && <Tag tone="excluded">deleted at {journey.tombstone.side}</Tag>}
      {journey.records.map(({ side, recordId, status, asOf }) => (
        <div key={`${side} ${recordId}`} className={classes['record']}>
          <b>{side}</b> <code>{recordId}</code>
          <Tag tone={STATUS_TONES[status] ?? 'excluded'}>{status}</Tag>
          <span className={classes['faint']}>
            seen <Ago at={asOf} />
          </span>
        </div>
      ))}
      {journey.writes.map(({ side, kind, state }) => (
        <Tag key={side} tone={state === 'dead' ? 'dead' : state === 'held' ? 'held' : 'pending'}>
          {kind} at {side}: {state}
        </Tag>
      ))}
    </div>
  );
}
