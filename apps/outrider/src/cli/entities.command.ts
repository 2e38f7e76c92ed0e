import type { Command } from 'commander';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { CallerError } from '@outrider/platform/errors';
import type { EntityPath } from '@outrider/contracts/http/api-client';
import type { TimelineItem } from '@outrider/contracts/http/entities';
import { ask, more, ranged, rangeOf, type RangedOptions } from './remote.ts';
import { instant, printable, textTable } from './text-table.ts';

interface Options extends RangedOptions {
  readonly name?: string;
}

const KINDS = ['consumers', 'addresses', 'credentials'] as const satisfies readonly EntityPath[];

export const addEntities = (program: Command): void => {
  const entities = program.command('entities').description('who was seen: consumers, addresses, credentials');
  ranged(entities.command('list', { isDefault: true }).argument('[kind]', KINDS.join(', '), 'consumers'))
    .option('--name <text>', 'part of the name')
    .action((kind: string, options: Options) =>
      ask(
        options,
        (client) => client.entities(kindOf(kind), { name: options.name, ...rangeOf(options) }),
        ({ data, next }) =>
          data.length === 0
            ? 'None in this time.'
            : textTable(
                ['ID', 'REQUESTS', 'ERRORS', 'REFUSED', 'LAST SEEN', 'NAME'],
                data.map((e) => [
                  e.entity.id,
                  String(e.requests),
                  String(e.errors),
                  String(e.refused),
                  instant(e.lastSeenAt),
                  e.entity.name,
                ]),
              ) + more(next),
      ),
    );
  ranged(
    entities
      .command('timeline')
      .argument('<kind>', KINDS.join(', '))
      .argument('<id>', 'id, user name or custom id; an address'),
  ).action((kind: string, id: string, options: Options) =>
    ask(
      options,
      (client) => client.timeline(kindOf(kind), id, rangeOf(options)),
      ({ data, next }) => (data.length === 0 ? 'Nothing in this time.' : data.map(line).join('\n') + more(next)),
    ),
  );
};

const kindOf = (text: string): EntityPath => {
  const kind = KINDS.find((known) => known === text);
  if (kind === undefined) throw new CallerError(`"${text}" is none of ${KINDS.join(', ')}`);
  return kind;
};

const line = (item: TimelineItem): string => printable(`${instant(item.at)}  ${textOf(item)}`);

const textOf = (item: TimelineItem): string => {
  switch (item.kind) {
    case 'event':
      return eventText(item.event);
    case 'alert':
      return `ALERT ${item.alert.type} (${item.alert.severity}, ${item.alert.state}): ${item.alert.explanation}`;
    case 'enforcement':
      return `ENFORCEMENT ${item.enforcement.action.kind}: ${item.enforcement.state}`;
  }
};

const eventText = (e: ApiEvent): string =>
  `${e.status} ${e.method} ${e.path}${e.query === '' ? '' : `?${e.query}`}  ${e.clientIp}${e.answeredBy === 'kong' ? `  by Kong: ${e.refusal}` : ''}`;
