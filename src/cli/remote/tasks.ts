/** Work that a server elsewhere does for longer than a request. */
import { systemClock } from '../../lib/clock.ts';
import { CommandFailed, type CommandContext } from '../command.ts';
import { bodyOf, type Client } from './asking.ts';

const LOOK_EVERY_MS = 500;

type Task = Awaited<ReturnType<Awaited<ReturnType<Client['api']['v1']['tasks'][':id']['$get']>>['json']>>;

/** Looks at the work until it is done, and shows how far it is; throws what it failed of. */
export async function taskDone(
  { output, signal }: CommandContext,
  client: Client,
  begun: Task,
): Promise<void> {
  let task = begun;
  while (task.state === 'running') {
    output.progress(task.label, task.done, task.total);
    await systemClock.sleep(LOOK_EVERY_MS, signal);
    signal.throwIfAborted();
    task = await bodyOf(client.api.v1.tasks[':id'].$get({ param: { id: task.id } }));
  }
  output.progressDone();
  if (task.state === 'failed')
    throw new CommandFailed(task.failure?.message ?? 'it could not be done', {
      advice: task.failure?.advice ?? null,
    });
}
