import { SegmentedControl } from '@mantine/core';
import { IconMailCheck } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';

import { lettersQuery } from '../../data/queries.ts';
import { EndlessList } from '../../parts/EndlessList.tsx';
import { inBackground } from '../../parts/in-background.ts';
import { Nothing } from '../../parts/Nothing.tsx';
import { Page } from '../../parts/Page.tsx';
import { To } from '../../parts/To.tsx';
import { LETTER_ROW_HEIGHT, LetterRow } from './LetterRow.tsx';

/** Every write and every record that used up its attempts, one by one; for their causes see Problems. */
export function DeadLetters() {
  const search = useSearch({ from: '/shell/dead-letters' });
  const navigate = useNavigate({ from: '/dead-letters' });
  const query = useInfiniteQuery(lettersQuery(search));
  return (
    <Page
      title="Dead letters"
      about={
        <>
          What used up its attempts, one by one; by cause they are in <To to="/problems">Problems</To>
        </>
      }
      actions={
        <SegmentedControl
          size="xs"
          aria-label="Which dead letters"
          data={[
            { value: 'waiting', label: 'Waiting' },
            { value: 'retrying', label: 'Trying again' },
            { value: 'discarded', label: 'Given up' },
          ]}
          value={search.state ?? 'waiting'}
          onChange={(state: NonNullable<typeof search.state>) =>
            inBackground(navigate({ search: { ...search, state }, replace: true }))
          }
        />
      }
    >
      <EndlessList
        query={query}
        label="Dead letters"
        rowHeight={LETTER_ROW_HEIGHT}
        keyOf={({ id }) => id}
        empty={
          <Nothing icon={IconMailCheck} title="None">
            A write that keeps failing for a reason of its own, or a record that cannot be read, waits here
            and holds nothing else up.
          </Nothing>
        }
      >
        {(letter) => <LetterRow letter={letter} />}
      </EndlessList>
    </Page>
  );
}
