/** What the palette offers for what is typed: pages, syncs, records, and a few things to do. */
import { useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import {
  IconArrowsExchange,
  IconFingerprint,
  IconLogout,
  IconSearch,
  IconSunMoon,
} from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { ComponentType } from 'react';

import type { Found } from '../data/contract.ts';
import { overviewQuery, recordsQuery } from '../data/queries.ts';
import { useSignOut } from '../data/use-sign-out.ts';
import { PLACES } from './places.ts';

/** One line of the palette. */
export interface Entry {
  readonly key: string;
  readonly label: string;
  readonly aside: string;
  readonly icon: ComponentType<{ readonly size: number; readonly stroke: number }>;
  readonly go: () => void;
}

const QUERY_LENGTH_MIN = 2;
const RECORDS_SHOWN_MAX = 8;

/** `typed` filters what is here; `settled` is what records are searched for. */
export function usePaletteEntries(
  typed: string,
  settled: string,
): { readonly entries: readonly Entry[]; readonly isSearching: boolean } {
  const searches = settled.length >= QUERY_LENGTH_MIN;
  const records = useInfiniteQuery({
    ...recordsQuery({ query: settled }),
    enabled: searches,
    placeholderData: keepPreviousData,
  });
  const found = searches ? (records.data?.pages[0]?.items ?? []).slice(0, RECORDS_SHOWN_MAX) : [];
  const places = useGoEntries().filter(({ label }) => label.toLowerCase().includes(typed.toLowerCase()));
  const toRecords = useRecordEntries(found, typed);
  return { entries: [...places, ...toRecords], isSearching: searches && records.isFetching };
}

function useGoEntries(): readonly Entry[] {
  const navigate = useNavigate();
  const signOut = useSignOut();
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light') === 'light' ? 'dark' : 'light';
  const { data } = useQuery(overviewQuery);
  return [
    ...PLACES.map(({ to, label, icon, key }) => ({
      key: to,
      label,
      aside: `g ${key}`,
      icon,
      go: () => void navigate({ to }),
    })),
    ...(data?.syncs ?? []).map(({ name, entity }) => ({
      key: `sync ${name}`,
      label: `Sync ${name}`,
      aside: entity,
      icon: IconArrowsExchange,
      go: () => void navigate({ to: '/syncs/$sync', params: { sync: name } }),
    })),
    {
      key: 'scheme',
      label: scheme === 'dark' ? 'Dark colours' : 'Light colours',
      aside: '',
      icon: IconSunMoon,
      go: () => setColorScheme(scheme),
    },
    { key: 'sign-out', label: 'Sign out', aside: '', icon: IconLogout, go: signOut },
  ];
}

function useRecordEntries(found: readonly Found[], typed: string): readonly Entry[] {
  const navigate = useNavigate();
  const records = found.flatMap(({ identity, title, records: known, sync }) =>
    identity === null
      ? []
      : [
          {
            key: identity,
            label: title,
            aside: `${sync} · ${known.map(({ side }) => side).join(', ')}`,
            icon: IconFingerprint,
            go: () => void navigate({ to: '/records/$identity', params: { identity } }),
          },
        ],
  );
  if (typed.length < QUERY_LENGTH_MIN) return records;
  const all: Entry = {
    key: 'all records',
    label: `All records with “${typed}”`,
    aside: 'Records',
    icon: IconSearch,
    go: () => void navigate({ to: '/records', search: { query: typed } }),
  };
  return [...records, all];
}
