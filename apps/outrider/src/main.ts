import 'reflect-metadata';
import { Command, CommanderError } from 'commander';
import { CallerError } from '@outrider/platform/errors';
import { VERSION } from '@outrider/wiring/version';
import { addAlerts } from './cli/alerts.command.ts';
import { addAnalyze } from './cli/analyze.command.ts';
import { addBacktest } from './cli/backtest.command.ts';
import { addBaselines } from './cli/baselines.command.ts';
import { addCampaigns } from './cli/campaigns.command.ts';
import { addDetectors } from './cli/detectors.command.ts';
import { addDoctor } from './cli/doctor.command.ts';
import { addEndpoints } from './cli/endpoints.command.ts';
import { addEnforcements } from './cli/enforcements.command.ts';
import { addEntities } from './cli/entities.command.ts';
import { addExceptions } from './cli/exceptions.command.ts';
import { addExplain } from './cli/explain.command.ts';
import { addPolicies } from './cli/policies.command.ts';
import { addRules } from './cli/rules.command.ts';
import { addStart } from './cli/start.command.ts';

const program = new Command('outrider')
  .description('Out-of-band API security for Kong Gateway')
  .version(VERSION)
  .showHelpAfterError('(outrider --help shows how)')
  .exitOverride();
for (const add of [
  addStart,
  addAnalyze,
  addDoctor,
  addPolicies,
  addAlerts,
  addCampaigns,
  addEnforcements,
  addEntities,
  addBaselines,
  addEndpoints,
  addRules,
  addBacktest,
  addDetectors,
  addExceptions,
  addExplain,
])
  add(program);
for (const command of program.commands) command.exitOverride();

/** `outrider alerts | head` is no error. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    const known = error instanceof CallerError;
    process.stderr.write(
      `outrider: ${error instanceof Error ? (known ? error.message : (error.stack ?? error.message)) : String(error)}\n`,
    );
    process.exitCode = known ? 2 : 1;
  }
}
