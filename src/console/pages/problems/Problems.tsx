import { Anchor, SegmentedControl } from '@mantine/core';
import { IconCircleCheck } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';

import { problemsQuery } from '../../data/queries.ts';
import { hrefOf } from '../../data/request.ts';
import { useMay } from '../../data/session.ts';
import { inBackground } from '../../parts/in-background.ts';
import { Loaded } from '../../parts/Loaded.tsx';
import { Nothing } from '../../parts/Nothing.tsx';
import { Page } from '../../parts/Page.tsx';
import { Panel } from '../../parts/Panel.tsx';
import { ProblemRow } from './ProblemRow.tsx';
import classes from './Problems.module.css';

/** What is wrong, one entry per cause. */
export function Problems() {
  const { state = 'open' } = useSearch({ from: '/shell/problems' });
  const navigate = useNavigate({ from: '/problems' });
  const query = useQuery(problemsQuery(state));
  const mayTake = useMay('operator');
  return (
    <Page
      title="Problems"
      about="Failures with one cause are one problem, with its advice and one remedy for all; the largest first"
      actions={
        <>
          {mayTake && (
            <Anchor size="sm" href={hrefOf('/support-bundle')} download="trueup-support.html">
              Support bundle
            </Anchor>
          )}
          <SegmentedControl
            size="xs"
            aria-label="Which problems"
            data={[
              { value: 'open', label: 'Open' },
              { value: 'resolved', label: 'Solved' },
            ]}
            value={state}
            onChange={(next) =>
              inBackground(
                navigate({ search: next === 'resolved' ? { state: 'resolved' } : {}, replace: true }),
              )
            }
          />
        </>
      }
    >
      <Loaded query={query}>
        {({ items: problems }) => (
          <Panel flush>
            {problems.length === 0 ? (
              <Nothing
                icon={IconCircleCheck}
                title={state === 'open' ? 'Nothing is wrong' : 'Nothing was solved yet'}
              >
                When something fails more than for a moment, its cause appears here with what to do about it.
              </Nothing>
            ) : (
              <ul className={classes['list']}>
                {problems.map((problem) => (
                  <ProblemRow key={problem.id} problem={problem} />
                ))}
              </ul>
            )}
          </Panel>
        )}
      </Loaded>
    </Page>
  );
}
