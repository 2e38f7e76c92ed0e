import { describe, expect, test } from '@jest/globals';
import { anAlert } from '@outrider/domain/detection/testing';
import { alertLine, alertReport } from './alert-report.ts';

const tally = { entries: 10, refused: 0, duplicates: 0, alerts: 3, seconds: 1 };
const bot = { kind: 'consumer', id: 'b', name: 'billing-bot' } as const;

describe('the report of analyze', () => {
  test('tells alerts of one campaign as one story, and one that stands alone as before', () => {
    const [first, lone] = [anAlert({ type: 'object-enumeration', entity: bot }), anAlert()];
    const second = anAlert({ type: 'scraping', entity: bot, campaignId: first.id });
    const text = alertReport([first, lone, second], tally);
    const lines = text.split('\n').filter((line) => /CAMPAIGN|HIGH {2}\S+ {2}consumer/.test(line));
    expect(text).toContain('3 alerts in 2 campaigns');
    expect(lines).toEqual([
      expect.stringMatching(/^CAMPAIGN {2}HIGH {2}2 detectors on consumer billing-bot: object-enumeration, scraping/),
      expect.stringMatching(/^ {2}HIGH {2}object-enumeration /),
      expect.stringMatching(/^ {2}HIGH {2}scraping /),
      expect.stringMatching(/^HIGH {2}request-spike /),
    ]);
    expect(alertReport([lone], tally)).toContain('\n1 alert\n');
  });

  test('marks what is simulated', () => {
    const alert = anAlert({ simulated: true });
    expect(alertReport([alert], tally)).toContain('SIMULATED');
    expect(alertReport([anAlert()], tally)).not.toContain('SIMULATED');
    expect(JSON.parse(alertLine(alert))).toMatchObject({ simulated: true, campaignId: alert.id });
  });

  test('lets no name from traffic speak to the terminal', () => {
    const entity = { ...bot, name: '\u001b[2J' };
    const first = anAlert({ entity });
    const text = alertReport([first, anAlert({ entity, type: 'scraping', campaignId: first.id })], tally);
    expect(text).not.toContain('\u001b');
  });
});
