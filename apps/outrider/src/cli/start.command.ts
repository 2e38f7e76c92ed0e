import type { Command } from 'commander';
import { runProcess } from '@outrider/wiring/run-process';
import { readEnvironment, StartConfig } from '../config.ts';
import { greeting, start } from '../start.ts';

export const addStart = (program: Command): void => {
  program
    .command('start')
    .description('run everything in this process: collect, detect, evaluate, respond, serve')
    .addHelpText(
      'after',
      `
Settings come from the environment or a .env file in this folder; .env.example names each of them with its default. The first ones:
  KONG_ADMIN_URL      Admin API of Kong, so that consumers and addresses can be blocked
  OUTRIDER_DATA       folder of the embedded engines (./.outrider)
  LISTEN_HOST         address that everything listens on (127.0.0.1)
  COLLECT_TCP_PORT    tcp-log (7514)   COLLECT_HTTP_PORT  http-log (7515)   API_PORT  REST (7500)
Ends in order on SIGTERM or Ctrl-C. Exit code 2: the settings cannot work, and the message says why.`,
    )
    .action(() =>
      runProcess(
        async () => {
          const config = readEnvironment(StartConfig);
          const started = await start(config);
          process.stderr.write(greeting(started, config));
          return started;
        },
        (text) => process.stderr.write(`outrider: ${text}\n`),
      ),
    );
};
