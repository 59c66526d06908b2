/** Descriptions of the system in `rest-system.ts`, one for each way it can be asked. */

const HEAD = (auth: string): string => `rest: 1
title: People
base_url: http://127.0.0.1
auth: ${auth}
timeout: 5s
errors:
  find:
    - {code: /error/code, message: /error/message, field: /error/field}
    - {when: {at: /success, is: false}, code: /reasons/0/code, message: /reasons/0/message}
  table:
    - {status: 409, code: taken, kind: precondition, name: email_taken, advice: Nothing to do.}
    - {code: not_there, effect: write, kind: precondition, name: gone, advice: Nothing to do.}
    - {code: stale, kind: precondition, name: changed, advice: Nothing to do.}
    - {code: bad_value, kind: invalid, name: bad_value, advice: Correct the value.}
    - {status: 429, code: DAILY, kind: rate_limited, name: daily, advice: Wait for tomorrow., wait: 1h, limit: daily}
    - {status: 429, kind: rate_limited, name: too_fast, advice: Nothing to do., wait: 1s, limit: burst}
limits:
  - {name: burst, units: 1000, per_second: 1000}
  - {name: daily, units: 100000, window: 24h, daily: true, learn: {remaining: {header: X-Left}}}
collections:
  people:
    id: /id
`;

const FIELDS = `    fields:
      email: {type: email, at: /properties/email, required: true, unique: true}
      name: {type: text, at: /properties/name}
      note: {type: text, at: /properties/note}
      score: {type: decimal, at: /properties/score}
      active: {type: boolean, at: /properties/active}
      tags: {type: set, at: /properties/tags, as: semicolons}
      born: {type: instant, at: /properties/born, as: epoch_ms}
`;

const WRITES = (ifVersion: string): string => `    create:
      path: /people
      method: POST
      at: ''
      id: {header: Location}
      identity: unique_key
    update: {path: '/people/{id}', method: PATCH, ${ifVersion}}
    delete: {path: '/people/{id}', method: DELETE, ${ifVersion}}
`;

const BATCH = `      many:
        path: /batch
        method: POST
        list: /inputs
        max: 3
        results: /results
        ok: {at: /ok, is: true}
        error: {code: /error/code, message: /error/message}
`;

export const IF_MATCH = 'if_version: {header: If-Match}';

const CURSOR = 'pages: {kind: cursor, next: /paging/next/after, send: after, size: {send: limit, max: 5}}';
const SINCE = `    modified: {at: /meta/changed}
    changes:
      kind: since
      path: /people
      records: /results
      since: since
      overlap: 2s
      every: 1s
      sorted: false
`;

/** Versions in the record, cursors, changes since a moment with a list of deletes. */
export const CURSORS = `${HEAD('{kind: none}')}    version: /meta/revision
${FIELDS}    list: {path: /people, records: /results, ${CURSOR}}
${SINCE}      ${CURSOR}
      deletes: {path: /deleted, records: /results, pages: {kind: none}, since: since, id: /id}
    get: {path: '/people/{id}'}
    find:
      email: {path: /people, value: email, records: /results, ${CURSOR}}
${WRITES(IF_MATCH)}`;

/** Addresses for what comes next, ETags, and single records only. */
export const LINKS = `${HEAD('{kind: none}')}    version: {header: ETag}
${FIELDS}    list: {path: /people, records: /results, by_id: true, pages: {kind: link, size: {send: limit, max: 5}}}
    changes:
      kind: delta
      path: /delta
      query: {token: latest}
      records: /results
      next: /nextLink
      delta: /deltaLink
      deleted: {at: /removed, is: true}
      by_id: true
      every: 1s
    get: {path: '/people/{id}'}
    find:
      email: {path: /people, value: email, records: /results, by_id: true}
${WRITES(IF_MATCH)}`;

/** Numbers of records and batches; no versions, no changes. */
export const OFFSETS = `${HEAD('{kind: none}')}${FIELDS}    list: {path: /people, records: /results, pages: {kind: offset, send: offset, size: {send: limit, max: 5}}}
    get: {path: '/people/{id}'}
    find:
      email: {path: /people, value: email, records: /results}
    create:
      path: /people
      method: POST
      id: {header: Location}
      identity: unique_key
${BATCH}        each: {}
        at: ''
        id: /id
    update:
      path: '/people/{id}'
      method: PATCH
${BATCH}        id_at: /id
    delete: {path: '/people/{id}', method: DELETE}
`;

/** Numbered pages, addresses in the body, tokens by client credentials. */
export const TOKENS = (tokenUrl: string): string =>
  `${HEAD(`{kind: client_credentials, token_url: '${tokenUrl}'}`)}    version: /meta/revision
${FIELDS}    list: {path: /people, records: /results, pages: {kind: page, send: page, total: /total, size: {send: limit, max: 3}}}
${SINCE}      pages: {kind: url, next: /paging/next/link, size: {send: limit, max: 5}}
    get: {path: '/people/{id}'}
    find:
      email: {path: /people, value: email, records: /results}
${WRITES(IF_MATCH)}`;

/** How the system tells of changes by itself; stands behind any of them. */
export const WEBHOOKS = `webhooks:
  signature: {scheme: standard}
  kind: /type
  collections:
    people: {kinds: [person.changed, person.deleted], id: /data/id}
`;
