import { Anchor, Group } from '@mantine/core';
import { IconBook2 } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';

import type { Dictionary as Seen } from '../../data/contract.ts';
import { dictionaryQuery } from '../../data/queries.ts';
import { hrefOf } from '../../data/request.ts';
import { Loaded } from '../../parts/Loaded.tsx';
import { Nothing } from '../../parts/Nothing.tsx';
import { Page } from '../../parts/Page.tsx';
import { To } from '../../parts/To.tsx';
import classes from './Dictionary.module.css';
import { Entity } from './Entity.tsx';
import { Violations } from './Violations.tsx';

/** What the data means: every field of every entity, who owns it, which values are good, and which are not. */
export function Dictionary() {
  const query = useQuery(dictionaryQuery);
  return (
    <Page
      title="Data dictionary"
      about="What the data means, who owns it, which values are good, and where each field lives"
      actions={query.data !== undefined && isReadable(query.data) && <Files />}
    >
      <Loaded query={query}>{(seen) => <Entities seen={seen} />}</Loaded>
    </Page>
  );
}

function isReadable({ fileName, complaint }: Seen): boolean {
  return fileName !== null && complaint === null;
}

const FORMATS = [
  ['markdown', 'Markdown', 'md'],
  ['html', 'HTML', 'html'],
  ['json-schema', 'JSON Schema', 'json'],
] as const;

function Files() {
  return (
    <Group gap="md">
      {FORMATS.map(([format, word, ending]) => (
        <Anchor
          key={format}
          size="sm"
          href={hrefOf('/dictionary/file', { query: { format } })}
          download={`data-dictionary.${ending}`}
        >
          {word}
        </Anchor>
      ))}
    </Group>
  );
}

function Entities({ seen }: { readonly seen: Seen }) {
  const { entities } = seen;
  if (entities.length === 0)
    return (
      <Nothing icon={IconBook2} title="Nothing is described yet">
        As soon as there is a <To to="/syncs/file">sync file</To>, its fields are shown here.
      </Nothing>
    );
  const syncs = entities.flatMap((entity) => entity.syncs);
  return (
    <div className={classes['stack']}>
      <Source seen={seen} />
      {entities.map((entity) => (
        <Entity key={entity.name} entity={entity} />
      ))}
      {syncs.map((sync) => (
        <Violations key={sync} sync={sync} />
      ))}
    </div>
  );
}

/** Where the words on this page come from, and what is to be done where there are none. */
function Source({ seen: { fileName, complaint } }: { readonly seen: Seen }) {
  if (fileName === null)
    return (
      <p className={classes['source']}>
        The sync file names no data dictionary, so this is what the mappings alone say. Draft one on the
        server: <code>trueup dictionary draft -o dictionary.yaml</code>; then name it in the{' '}
        <To to="/syncs/file">sync file</To>: <code>dictionary: dictionary.yaml</code>
      </p>
    );
  if (complaint === null)
    return (
      <p className={classes['source']}>
        From <code>{fileName}</code>, beside the sync file.
      </p>
    );
  return (
    <p className={classes['source']} role="alert">
      <code>{fileName}</code> cannot be shown: {complaint}. Until it is mended, this is what the mappings
      alone say.
    </p>
  );
}
