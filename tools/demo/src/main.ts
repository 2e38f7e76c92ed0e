import { tellStory, type Outcome, type Stage } from './story.ts';

const USAGE = `usage: npm run demo [-- --once]

Runs Kong's stand-in with a dozen consumers, and Outrider beside it; then one consumer goes into a loop.
  --once   end when the story is told; exit 0 only if the alert, the block, the refusals and the release all happened
  --help   this text
Without --once everything stays up afterwards, with its addresses and a token to look around, until Ctrl-C.
`;

const say = (line: string): void => console.log(line);

const interrupted = (): Promise<void> => new Promise((resolve) => process.once('SIGINT', () => resolve()));

const lookAround = async ({ outrider, sim }: Stage): Promise<void> => {
  say(`\nLook around until Ctrl-C:
  export OUTRIDER_URL=${outrider.apiUrl} OUTRIDER_TOKEN=${outrider.adminToken}
  npx outrider alerts list
  curl -H "authorization: Bearer $OUTRIDER_TOKEN" $OUTRIDER_URL/v1/consumers/partner-north/timeline
  curl ${sim.adminUrl}/plugins`);
  await interrupted();
};

const verdict = (outcome: Outcome): boolean =>
  outcome.alert && outcome.block && outcome.refusals && outcome.release && outcome.bystanders === 0;

const main = async (args: readonly string[]): Promise<number> => {
  const unknown = args.find((arg) => !['--once', '--help', '-h'].includes(arg));
  if (unknown !== undefined) {
    console.error(`demo: unknown option ${unknown}\n\n${USAGE}`);
    return 2;
  }
  if (args.includes('--help') || args.includes('-h')) {
    say(USAGE);
    return 0;
  }
  const outcome = await tellStory(say, args.includes('--once') ? async () => {} : lookAround);
  for (const [what, happened] of Object.entries(outcome))
    if (happened === false) console.error(`did not happen: ${what}`);
  say(verdict(outcome) ? '\nThe story is complete.' : '\nThe story is not complete.');
  return verdict(outcome) ? 0 : 1;
};

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(`demo: ${error instanceof Error ? error.message : String(error)}`);
  return 1;
});
