import { Button, Loader, Text } from '@mantine/core';
import type { UseInfiniteQueryResult, InfiniteData } from '@tanstack/react-query';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, type ReactNode } from 'react';

import type { Page } from '../data/contract.ts';
import { FRESH_PAGES_MAX } from '../data/queries.ts';
import classes from './EndlessList.module.css';
import { inBackground } from './in-background.ts';
import { Panel } from './Panel.tsx';
import { RefusalNote } from './RefusalNote.tsx';
import { Waiting } from './Waiting.tsx';

const OVERSCAN_ROWS = 12;

/**
 * A list of any length: only what is near the window is drawn, and the next page is fetched before its end is reached. A page may
 * be empty before the list has ended: then the next is fetched at once.
 */
export function EndlessList<T>({
  query,
  label,
  rowHeight,
  keyOf,
  empty,
  children,
}: {
  readonly query: UseInfiniteQueryResult<InfiniteData<Page<T>>>;
  readonly label: string;
  /** A first guess in pixels; every drawn row is measured. */
  readonly rowHeight: number;
  readonly keyOf: (entry: T) => string;
  readonly empty: ReactNode;
  readonly children: (entry: T, index: number) => ReactNode;
}) {
  const pages = query.data?.pages;
  const entries = useMemo(() => pages?.flatMap((page) => page.items) ?? [], [pages]);
  const canFetch = query.hasNextPage && !query.isFetchingNextPage && !query.isFetchNextPageError;
  const isLooking = entries.length === 0 && query.hasNextPage;
  const { fetchNextPage } = query;
  useEffect(() => {
    if (isLooking && canFetch) inBackground(fetchNextPage());
  }, [isLooking, canFetch, fetchNextPage]);
  if (query.data === undefined) {
    if (query.error === null) return <Waiting />;
    return <RefusalNote error={query.error} retry={() => void query.refetch()} />;
  }
  return (
    <Panel flush>
      {query.isStale && query.data.pages.length > FRESH_PAGES_MAX && <Old />}
      {isLooking && !query.isFetchNextPageError ? (
        <Waiting />
      ) : entries.length === 0 ? (
        empty
      ) : (
        <Rows
          entries={entries}
          label={label}
          rowHeight={rowHeight}
          keyOf={keyOf}
          more={canFetch ? () => inBackground(fetchNextPage()) : null}
        >
          {children}
        </Rows>
      )}
      <Foot isFetching={query.isFetchingNextPage} error={query.isFetchNextPageError ? query.error : null} />
    </Panel>
  );
}

function Rows<T>({
  entries,
  label,
  rowHeight,
  keyOf,
  more,
  children,
}: {
  readonly entries: readonly T[];
  readonly label: string;
  readonly rowHeight: number;
  readonly keyOf: (entry: T) => string;
  readonly more: (() => void) | null;
  readonly children: (entry: T, index: number) => ReactNode;
}) {
  const list = useRef<HTMLDivElement>(null);
  const virtualizer = useWindowVirtualizer({
    count: entries.length,
    estimateSize: () => rowHeight,
    overscan: OVERSCAN_ROWS,
    scrollMargin: list.current?.offsetTop ?? 0,
  });
  const rows = virtualizer.getVirtualItems();
  const last = rows.at(-1)?.index ?? 0;
  useEffect(() => {
    if (more !== null && last >= entries.length - OVERSCAN_ROWS) more();
  }, [last, entries.length, more]);
  return (
    <div
      ref={list}
      role="list"
      aria-label={label}
      className={classes['list']}
      style={{ height: virtualizer.getTotalSize() }}
    >
      {rows.map(({ index, start }) => {
        const entry = entries[index];
        if (entry === undefined) return null;
        return (
          <div
            key={keyOf(entry)}
            role="listitem"
            aria-posinset={index + 1}
            aria-setsize={more === null ? entries.length : -1}
            ref={virtualizer.measureElement}
            data-index={index}
            className={classes['row']}
            style={{ transform: `translateY(${String(start - virtualizer.options.scrollMargin)}px)` }}
          >
            {children(entry, index)}
          </div>
        );
      })}
    </div>
  );
}

function Old() {
  return (
    <div className={classes['old']}>
      <Text size="xs" c="dimmed">
        So long a list does not follow what changes.
      </Text>
      <Button size="compact-xs" variant="default" onClick={() => globalThis.location.reload()}>
        Begin anew
      </Button>
    </div>
  );
}

function Foot({ isFetching, error }: { readonly isFetching: boolean; readonly error: Error | null }) {
  if (error !== null) return <RefusalNote error={error} />;
  if (!isFetching) return null;
  return (
    <Text size="sm" c="dimmed" ta="center" py="sm" component="div">
      <Loader size="xs" /> more
    </Text>
  );
}
