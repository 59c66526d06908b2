/** Where delivered changes are announced: by the file alone, and beside what the system says of the collection. */
import type { CollectionDescription } from '../connector/contract.ts';
import type { AnnounceDefinition, SyncDefinition } from '../engine/model.ts';
import type { Findings } from '../lib/yaml/findings.ts';
import { listed, suggest } from '../lib/yaml/suggest.ts';
import type { SyncDraft } from './draft.ts';
import { fieldNamed } from './references.ts';

/** What can be told without asking a system. */
export function checkAnnouncement(sync: SyncDraft, connections: readonly string[], findings: Findings): void {
  for (const [name, { connection, fields = {}, about = {} }] of Object.entries(sync.announce)) {
    const path = [...sync.path, 'announce', name];
    if (!connections.includes(connection)) {
      const message = `there is no connection \`${connection}\``;
      findings.atValue([...path, 'connection'], message, suggest(connection, connections));
    }
    for (const [native, fieldName] of Object.entries(fields)) {
      const place = [...path, 'fields', native];
      const field = fieldNamed(sync, fieldName, place, 'value', findings);
      if (field?.shape.type === 'reference')
        findings.atValue(
          place,
          `\`${fieldName}\` is a reference, which means nothing outside Trueup`,
          'Announce a field that others know, such as a key.',
        );
      if (about[native] !== undefined)
        findings.atKey(
          [...path, 'about', native],
          `\`${native}\` is given twice`,
          'Keep it under `fields` or under `about`.',
        );
    }
    if (!Object.values(about).includes('id'))
      findings.atKey(
        path,
        'nothing tells a message from its repetition, and after a lost answer it is sent again',
        'Give the message a text field for it, and name it: about: {FIELD: id}.',
      );
  }
}

/** Beside what the system says: it must take messages, have the fields, and demand no others. */
export function checkAnnounced(
  sync: SyncDefinition,
  announce: AnnounceDefinition,
  { name, card, fields }: CollectionDescription,
  findings: Findings,
): void {
  const path = ['syncs', sync.name, 'announce', announce.name];
  const { can } = card;
  if (!can.create)
    findings.atValue(
      [...path, 'collection'],
      `nothing can be created in ${name}`,
      'Give the account the right to.',
    );
  if (can.update || can.delete)
    findings.atValue(
      [...path, 'collection'],
      `${name} holds records, which are kept in step and not announced`,
      'Name a collection that only takes messages, such as a platform event; or make it a side.',
    );
  const given = [
    ...announce.fields.map(({ native }) => ({ native, at: [...path, 'fields', native] })),
    ...announce.about.map(({ native }) => ({ native, at: [...path, 'about', native] })),
  ];
  for (const { native, at } of given) {
    const field = fields.find((known) => known.name === native);
    if (field === undefined)
      findings.atKey(
        at,
        `${name} has no field \`${native}\``,
        suggest(
          native,
          fields.map((known) => known.name),
        ),
      );
    else if (field.readOnly) findings.atKey(at, `\`${native}\` is set by the system`, 'Leave it out.');
  }
  const missing = fields.filter(
    ({ name: native, required, readOnly }) =>
      required && !readOnly && !given.some((one) => one.native === native),
  );
  if (missing.length > 0)
    findings.atKey(
      path,
      `${name} demands ${listed(missing.map((field) => field.name))} of every message`,
      'Give it under `fields` or `about`, or let the system demand it no more.',
    );
}
