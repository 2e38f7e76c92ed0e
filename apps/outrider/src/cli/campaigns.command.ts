import type { Command } from 'commander';
import type { CampaignDetail } from '@outrider/contracts/http/campaigns';
import { AlertState, Severity } from '@outrider/domain/detection/alert';
import type { Campaign } from '@outrider/domain/detection/campaign-summary';
import { alertTable, each, eachType } from './alerts.command.ts';
import { ask, more, ranged, rangeOf, remote, type RangedOptions, type RemoteOptions } from './remote.ts';
import { duration, instant, printable, textTable } from './text-table.ts';

interface ListOptions extends RangedOptions {
  readonly state?: string;
  readonly type?: string;
  readonly severity?: string;
}

export const addCampaigns = (program: Command): void => {
  const campaigns = program.command('campaigns').description('alerts that are one story');
  ranged(campaigns.command('list', { isDefault: true }).description('newest first'))
    .option('--state <list>', AlertState.options.join(', '))
    .option('--type <list>', 'with an alert of one of these types')
    .option('--severity <least>', `with an alert this severe or worse: ${Severity.options.join(', ')}`)
    .action((options: ListOptions) =>
      ask(
        options,
        (client) =>
          client.campaigns({
            state: each(AlertState, options.state),
            type: eachType(options.type),
            severity: each(Severity, options.severity)?.[0],
            ...rangeOf(options),
          }),
        ({ data, next }) => (data.length === 0 ? 'No campaigns.' : table(data) + more(next)),
      ),
    );
  remote(campaigns.command('show').argument('<id>').description('one campaign with its alerts')).action(
    (id: string, options: RemoteOptions) => ask(options, (client) => client.campaign(id), details),
  );
};

const table = (campaigns: readonly Campaign[]): string =>
  textTable(
    ['ID', 'BEGAN', 'STATE', 'SEVERITY', 'ALERTS', 'STORY'],
    campaigns.map((c) => [c.id, instant(c.firstSeenAt), stateOf(c), c.severity, String(c.alerts), c.title]),
  );

const details = ({ campaign, alerts }: CampaignDetail): string =>
  [
    printable(`${campaign.severity.toUpperCase()} ${campaign.title}, ${stateOf(campaign)}`),
    printable(
      `seen ${instant(campaign.firstSeenAt)} for ${duration(campaign.lastSeenAt - campaign.firstSeenAt)}, ${campaign.alerts} alerts`,
    ),
    ...campaign.entities.map((entity) => printable(`about ${entity.kind} ${entity.name} (${entity.id})`)),
    '',
    alertTable(alerts),
  ].join('\n');

const stateOf = ({ state, simulated }: Campaign): string => (simulated ? `${state} (simulated)` : state);
