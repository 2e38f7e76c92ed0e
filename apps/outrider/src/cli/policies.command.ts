import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { Policy } from '@outrider/domain/response/policy';
import { CallerError } from '@outrider/platform/errors';
import { ask, remote, type RemoteOptions } from './remote.ts';
import { duration, textTable } from './text-table.ts';

export const addPolicies = (program: Command): void => {
  const policies = program.command('policies').description('what is done about which alerts');
  remote(policies.command('list', { isDefault: true }).description('all policies, in the order they are asked')).action(
    (options: RemoteOptions) =>
      ask(
        options,
        (client) => client.policies({ limit: 200 }),
        ({ data }) =>
          data.length === 0 ? 'No policies yet: alerts are raised, nothing is done about them.' : table(data),
      ),
  );
  remote(
    policies.command('create').description('a new policy from a JSON file ("-" is standard input)').argument('<file>'),
  ).action((file: string, options: RemoteOptions) =>
    ask(
      options,
      (client) => client.createPolicy(jsonFile(file)),
      (policy) => table([policy]),
    ),
  );
  remote(
    policies
      .command('replace')
      .argument('<id>')
      .argument('<file>')
      .description('replace a policy by the one in a JSON file'),
  ).action((id: string, file: string, options: RemoteOptions) =>
    ask(
      options,
      (client) => client.replacePolicy(id, jsonFile(file)),
      (policy) => table([policy]),
    ),
  );
  remote(policies.command('remove').argument('<id>')).action((id: string, options: RemoteOptions) =>
    ask(
      options,
      (client) => client.removePolicy(id),
      () => 'Removed. Enforcements that it made keep their ends.',
    ),
  );
  remote(
    policies.command('test').argument('<id>').description('which open alerts it would match; nothing is done'),
  ).action((id: string, options: RemoteOptions) =>
    ask(
      options,
      (client) => client.testPolicy(id),
      ({ matched, matchedCount, examined }) =>
        [
          `${matchedCount} of ${examined} open alerts match`,
          ...matched.map((a) => `  ${a.type}  ${a.entity.kind} ${a.entity.name}`),
        ].join('\n'),
    ),
  );
};

const table = (policies: readonly Policy[]): string =>
  textTable(
    ['ID', 'ORDER', 'STATE', 'NAME', 'ACTIONS'],
    policies.map((policy) => [
      policy.id,
      String(policy.order),
      !policy.enabled ? 'disabled' : policy.simulate ? 'simulated' : 'enabled',
      policy.name,
      policy.actions
        .map((action) =>
          action.kind === 'notify'
            ? 'notify'
            : `${action.kind} ${action.durationSeconds === null ? 'for ever' : duration(action.durationSeconds * 1000)}`,
        )
        .join(', '),
    ]),
  );

/** The server says what is wrong with its content. */
const jsonFile = (file: string): never => {
  let text: string;
  try {
    text = readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new CallerError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  try {
    return JSON.parse(text) as never; // unchecked on purpose: it goes to the server as it is
  } catch (error) {
    throw new CallerError(`${file} is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
};
