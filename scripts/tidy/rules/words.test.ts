import { expect, test } from 'vitest';

import { planted } from '../planted.ts';
import { words, wordsOf } from './words.ts';

test('a name is split into its words, however it is written', () => {
  expect(wordsOf('readAllRows')).toEqual(['read', 'all', 'rows']);
  expect(wordsOf('HTTPStatus')).toEqual(['http', 'status']);
  expect(wordsOf('ROWS_MAX_2')).toEqual(['rows', 'max']);
});

test('every kind of name that we give is judged', async () => {
  const source = [
    'function handleRow() {}',
    'class QueueManager { itemCount = 0; process() {} }',
    'interface UserInfo { readonly payload: string }',
    'type Helpers<Item> = Item;',
    'const { row: utils } = table, service = 1;',
    'const read = (info: string) => info;',
  ].join('\n');
  expect(await planted(words, { 'src/engine/a.ts': source })).toEqual([
    'src/engine/a.ts:1 word "handleRow" says "handle"',
    'src/engine/a.ts:2 word "QueueManager" says "manager"',
    'src/engine/a.ts:2 word "itemCount" says "item"',
    'src/engine/a.ts:2 word "process" says "process"',
    'src/engine/a.ts:3 word "UserInfo" says "info"',
    'src/engine/a.ts:3 word "payload" says "payload"',
    'src/engine/a.ts:4 word "Helpers" says "helpers"',
    'src/engine/a.ts:4 word "Item" says "item"',
    'src/engine/a.ts:5 word "utils" says "utils"',
    'src/engine/a.ts:5 word "service" says "service"',
    'src/engine/a.ts:6 word "info" says "info"',
  ]);
});

test('using the names of others is free: globals, packages, options, unhandled errors', async () => {
  const source = [
    "import process from 'node:process';",
    'const { payload } = message;',
    "process.on('unhandledRejection', log.info);",
    'start({ service: 1, items: [] });',
    'const unhandled = 0, performance = 1;',
  ].join('\n');
  expect(await planted(words, { 'src/worker/a.ts': source })).toEqual([]);
});

test('a logger may have the level that every logger has', async () => {
  const source = 'interface Log { info(text: string): void; readonly infoText: string }';
  expect(await planted(words, { 'src/worker/a.ts': source })).toEqual([
    'src/worker/a.ts:1 word "infoText" says "info"',
  ]);
});

test('the fields of a foreign wire format keep their names, our own names beside them do not', async () => {
  const source = 'interface Answer { readonly items: string[] }\nfunction handleAnswer() {}';
  expect(await planted(words, { 'src/connectors/x/wire.ts': source })).toEqual([
    'src/connectors/x/wire.ts:2 word "handleAnswer" says "handle"',
  ]);
});

test('paths are names too', async () => {
  expect(await planted(words, { 'src/lib/string-utils.ts': '', 'src/services/a.ts': '' })).toEqual([
    'src/lib/string-utils.ts:1 word the path says "utils"',
    'src/services/a.ts:1 word the path says "services"',
  ]);
});
