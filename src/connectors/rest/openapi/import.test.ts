import { expect, test } from 'vitest';

import { readDescription } from '../description/read.ts';
import { importableIn, importOpenApi } from './import.ts';

const DOCUMENT = {
  openapi: '3.1.0',
  info: { title: 'Acme', version: '1' },
  servers: [{ url: 'https://api.acme.example/v1' }],
  security: [{ token: [] }],
  components: {
    securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    schemas: {
      Person: {
        type: 'object',
        required: ['email'],
        properties: {
          id: { type: 'string', readOnly: true },
          email: { type: 'string', format: 'email' },
          tier: { type: ['string', 'null'], enum: ['gold', 'silver', null] },
          updated_at: { type: 'string', format: 'date-time', readOnly: true },
          address: { type: 'object', properties: { city: { type: 'string', maxLength: 50 } } },
          manager: { $ref: '#/components/schemas/Person' },
        },
      },
      Loop: { $ref: '#/components/schemas/Loop' },
    },
  },
  paths: {
    '/people': {
      get: {
        parameters: [
          { name: 'after', in: 'query', schema: { type: 'string' } },
          { name: 'limit', in: 'query', schema: { type: 'integer', maximum: 50 } },
          { name: 'updated_since', in: 'query', schema: { type: 'string' } },
          { name: 'email', in: 'query', schema: { type: 'string' } },
        ],
        responses: {
          200: {
            content: {
              'application/json': {
                schema: {
                  properties: {
                    data: { type: 'array', items: { $ref: '#/components/schemas/Person' } },
                    next_cursor: { type: 'string' },
                  },
                },
              },
            },
          },
        },
      },
      post: {
        requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Person' } } } },
        responses: {
          201: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Person' } } } },
        },
      },
    },
    '/people/{person_id}': {
      get: {
        responses: {
          200: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Person' } } } },
        },
      },
      patch: {
        requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Person' } } } },
        responses: {},
      },
      delete: { responses: { 204: {} } },
    },
    '/loops': {
      get: {
        responses: {
          200: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Loop' } } } },
        },
      },
    },
    '/far': {
      get: {
        responses: {
          200: { content: { 'application/json': { schema: { $ref: 'https://far.example/x.json' } } } },
        },
      },
    },
  },
};

function imported(document: unknown, ...wanted: readonly string[]): string {
  const result = importOpenApi(JSON.stringify(document), wanted);
  return result.kind === 'ok' ? result.yaml : `${result.message}. ${result.fix}`;
}

test('the lists of a document are found; cycles and references to elsewhere are none', () => {
  expect(importableIn(JSON.stringify(DOCUMENT))).toEqual(['/people']);
});

test('a draft holds what the document tells, and can be read as it is', () => {
  const yaml = imported(DOCUMENT, 'people');
  expect(yaml).toContain('base_url: "https://api.acme.example/v1"');
  expect(yaml).toContain('auth: {kind: bearer}');
  expect(yaml).toContain('email: {type: email, required: true}');
  expect(yaml).toContain('tier: {type: choice, options: [gold, silver]}');
  expect(yaml).toContain('address.city: {type: text, at: /address/city, length_max: 50}');
  expect(yaml).toContain(
    'pages: {kind: cursor, next: /next_cursor, send: after, size: {send: limit, max: 50}}',
  );
  expect(yaml).toContain('since: updated_since');
  expect(yaml).toContain('# decide: how a record is found again whose answer was lost');
  const read = readDescription(yaml, 'draft.yaml');
  expect(read.kind === 'ok' ? read.description.collections['people']?.update?.method : read.errors).toBe(
    'PATCH',
  );
});

test('a document in YAML says the same', () => {
  expect(importableIn('openapi: 3.0.3\npaths: {}')).toEqual([]);
  expect(importOpenApi('openapi: 3.0.3\npaths: {}', [])).toMatchObject({ kind: 'ok' });
});

test.each([
  ['an older version', { swagger: '2.0' }, /not OpenAPI 3\.0 or 3\.1.*Convert it/],
  ['something else', ['no'], /neither JSON nor YAML/],
  ['a list that is not there', DOCUMENT, /no list poeple\. The nearest are: \/people/],
])('%s is refused with the fix', (_, document, expected) => {
  expect(imported(document, 'poeple')).toMatch(expected);
});
