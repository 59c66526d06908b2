/** Publishing a platform event as if it were a record: it is taken, gets an id, and can never be read again this way. */
import type { HttpAnswer } from '../http-server.ts';
import { jsonAnswer } from './answer.ts';
import { bodyOf, type Call, type Route } from './call.ts';
import type { Events } from './events.ts';
import { notFound } from './failure.ts';
import type { RecordIds } from './ids.ts';

export function eventRoutes(events: Events, ids: RecordIds): readonly Route[] {
  return [{ method: 'POST', path: /^\/sobjects\/(\w+__e)$/, run: (call) => publish(call, events, ids) }];
}

function publish(call: Call, events: Events, ids: RecordIds): HttpAnswer {
  const event = call.org.schema.event(call.params[0] ?? '');
  if (event === null) throw notFound();
  const message = events.publishValues(event, bodyOf(call), call.session.login.actor);
  const errors = [{ statusCode: 'OPERATION_ENQUEUED', message, fields: [] }];
  return jsonAnswer(201, { id: ids.next(event.keyPrefix), success: true, errors });
}
