/** Routes that tell about the org itself: resources, objects, their fields and choices, and limits. */
import type { HttpAnswer } from '../http-server.ts';
import { jsonAnswer } from './answer.ts';
import { objectOf, type Call, type Route } from './call.ts';
import { describeChoices, describeEvent, describeObject, describeShort } from './describe.ts';
import { notFound } from './failure.ts';
import { parseId } from './ids.ts';
import type { RecordType, SObject } from './schema.ts';

const RESOURCES = ['composite', 'jobs', 'limits', 'query', 'queryAll', 'sobjects', 'tooling'];
const MASTER_TYPE = '012000000000000AAA';

export const setupRoutes: readonly Route[] = [
  { method: 'GET', path: /^\/$/, run: resources },
  { method: 'GET', path: /^\/limits$/, run: ({ limits }) => jsonAnswer(200, limits.all()) },
  { method: 'GET', path: /^\/sobjects$/, run: objects },
  { method: 'GET', path: /^\/sobjects\/(\w+)$/, run: basic },
  { method: 'GET', path: /^\/sobjects\/(\w+)\/describe$/, run: describe },
  { method: 'GET', path: /^\/sobjects\/(\w+)\/describe\/layouts\/(\w+)$/, run: layout },
  { method: 'GET', path: /^\/ui-api\/object-info\/(\w+)\/picklist-values\/(\w+)$/, run: choices },
];

function resources(call: Call): HttpAnswer {
  const base = `/services/data/v${call.version}`;
  const { userId } = call.session.login.actor;
  const identity = `${call.request.origin}/id/${call.org.id}/${userId}`;
  const entries = RESOURCES.map((name) => [name, `${base}/${name}`] as const);
  return jsonAnswer(200, { ...Object.fromEntries(entries), identity });
}

function objects(call: Call): HttpAnswer {
  const all = call.org.schema.objects().filter(({ name }) => call.viewer.object(name) !== null);
  const sobjects = all.map((object) => describeShort(call.viewer, object, call.version));
  return jsonAnswer(200, { encoding: 'UTF-8', maxBatchSize: 200, sobjects });
}

function basic(call: Call): HttpAnswer {
  return jsonAnswer(200, {
    objectDescribe: describeShort(call.viewer, objectOf(call), call.version),
    recentItems: [],
  });
}

function describe(call: Call): HttpAnswer {
  const { viewer, version } = call;
  const event = call.org.schema.event(call.params[0] ?? '');
  return jsonAnswer(
    200,
    event === null ? describeObject(viewer, objectOf(call), version) : describeEvent(viewer, event, version),
  );
}

function layout(call: Call): HttpAnswer {
  const object = objectOf(call);
  const picklistsForRecordType = describeChoices(call.viewer, object, recordType(call, object));
  return jsonAnswer(200, {
    id: null,
    detailLayoutSections: [],
    editLayoutSections: [],
    picklistsForRecordType,
  });
}

function choices(call: Call): HttpAnswer {
  const object = objectOf(call);
  const described = describeChoices(call.viewer, object, recordType(call, object));
  const values = described.map(({ picklistName, picklistValues }) => [
    picklistName,
    { controllerValues: {}, defaultValue: null, values: picklistValues },
  ]);
  return jsonAnswer(200, { picklistFieldValues: Object.fromEntries(values) as unknown });
}

function recordType(call: Call, object: SObject): RecordType | null {
  const id = parseId(call.params[1]);
  if (id === MASTER_TYPE) return null;
  const type = object.recordTypes.find((candidate) => candidate.id === id);
  if (type === undefined) throw notFound();
  return type;
}
