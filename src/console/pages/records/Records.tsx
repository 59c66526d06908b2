import { Checkbox, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconSearch, IconSearchOff } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';

import { recordsQuery } from '../../data/queries.ts';
import { EndlessList } from '../../parts/EndlessList.tsx';
import { inBackground } from '../../parts/in-background.ts';
import { Nothing } from '../../parts/Nothing.tsx';
import { Page } from '../../parts/Page.tsx';
import { STATES } from '../../parts/states.ts';
import { FoundRow } from './FoundRow.tsx';
import { LISTED_STATES } from './listed-states.ts';
import classes from './Records.module.css';
import { useRecordFilters } from './use-filters.ts';

const TYPING_MS = 200;
const ROW_HEIGHT = 59;

/** Finds any record by an id of any system or by a value that it holds. */
export function Records() {
  const { filters, isReady } = useRecordFilters();
  const query = useInfiniteQuery({ ...recordsQuery(filters), enabled: isReady });
  return (
    <Page title="Records" about="Every record that any side holds, by any of its ids or values">
      <Filters />
      <EndlessList
        query={query}
        label="Records"
        rowHeight={ROW_HEIGHT}
        keyOf={({ sync, identity, records }) =>
          `${sync} ${identity ?? records.map(({ side, recordId }) => `${side} ${recordId}`).join(' ')}`
        }
        empty={
          <Nothing icon={IconSearchOff} title="No record is found">
            {filters.state === undefined
              ? 'Search for an id or the beginning of a key, or through all values. A record that was just made is known after its side has been read.'
              : 'Nothing of this side is in that state.'}
          </Nothing>
        }
      >
        {(found) => <FoundRow found={found} />}
      </EndlessList>
    </Page>
  );
}

function Filters() {
  const search = useSearch({ from: '/shell/records' });
  const navigate = useNavigate({ from: '/records' });
  const { syncs, filters } = useRecordFilters();
  const sides = syncs
    .filter(({ name }) => filters.sync === undefined || name === filters.sync)
    .flatMap((sync) => sync.sides);
  const set = (change: Partial<Record<keyof typeof search, string | null>>): void => {
    const next = Object.entries({ ...search, ...change }).filter(
      ([, value]) => value !== null && value !== '',
    );
    inBackground(navigate({ search: Object.fromEntries(next), replace: true }));
  };
  const type = useDebouncedCallback((text: string) => set({ query: text, state: null }), TYPING_MS);
  return (
    <>
      <div className={classes['filters']} role="search">
        <TextInput
          className={classes['query']}
          leftSection={<IconSearch size={16} />}
          placeholder="An id, an e-mail address, a phone number, a name"
          aria-label="Search records"
          defaultValue={search.query ?? ''}
          onChange={(event) => type(event.currentTarget.value)}
          autoFocus
        />
        <Select
          aria-label="Sync"
          placeholder="Any sync"
          clearable
          data={syncs.map(({ name }) => name)}
          value={filters.sync ?? null}
          onChange={(sync) => set({ sync, side: null })}
        />
        <Select
          aria-label="Side"
          placeholder="Any side"
          clearable
          data={[...new Set(sides.map(({ name }) => name))]}
          value={filters.side ?? null}
          onChange={(side) => set({ sync: filters.sync ?? null, side })}
        />
        <Select
          aria-label="State"
          placeholder="Any state"
          clearable
          disabled={search.query !== undefined}
          data={LISTED_STATES.map((value) => ({ value, label: wordOf(value) }))}
          value={filters.state ?? null}
          onChange={(state) => set({ sync: filters.sync ?? null, side: filters.side ?? null, state })}
        />
      </div>
      {search.query !== undefined && (
        <Checkbox
          size="sm"
          label="Look through all values"
          description="Takes some seconds per million records. Names without case and accents, numbers however they are grouped; not values that only one side holds against the others."
          checked={search.within === 'values'}
          onChange={(event) => set({ within: event.currentTarget.checked ? 'values' : null })}
        />
      )}
    </>
  );
}

function wordOf(state: (typeof LISTED_STATES)[number]): string {
  return STATES.find((known) => known.state === state)?.word ?? state;
}
