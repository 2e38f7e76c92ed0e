import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import * as z from 'zod';
import { GatewaySettings } from '@outrider/domain/gateway/gateway-settings';
import { analyze } from './cli/analyze.ts';

const SCENARIOS = fileURLToPath(new URL('../../../scenarios/', import.meta.url));

/** Whole weeks, so that hours of the week stay what they are. */
const AHEAD_MS = 1000 * 7 * 86_400_000;

const Expected = z.object({
  alerts: z.array(z.object({ type: z.string(), entity: z.object({ kind: z.string(), name: z.string() }) })),
  response: z.object({ action: z.string() }).optional(),
});

const names = readdirSync(SCENARIOS, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

const linesOf = (name: string): string => {
  const plain = `${SCENARIOS}${name}/kong.ndjson`;
  return existsSync(plain) ? plain : `${plain}.gz`;
};

describe('scenarios', () => {
  it('has attacks and benign ones, or this suite proves nothing', () => {
    expect(names.filter((name) => name.startsWith('attack-')).length).toBeGreaterThanOrEqual(5);
    expect(names.filter((name) => name.startsWith('benign-')).length).toBeGreaterThanOrEqual(3);
  });

  it.each(names)('%s raises exactly the alerts that it should', async (name) => {
    const expected = Expected.parse(parse(readFileSync(`${SCENARIOS}${name}/expected.yaml`, 'utf8')));
    const { alerts, tally } = await analyze({
      files: [linesOf(name)],
      gateway: GatewaySettings.parse({ id: 'default' }),
      onProgress: () => undefined,
    });
    expect(tally.refused).toBe(0);
    expect(alerts.map(({ type, entity }) => ({ type, entity: { kind: entity.kind, name: entity.name } }))).toEqual(
      expected.alerts,
    );
  });

  it('raises the same whatever the order of the lines and files', async () => {
    const gateway = GatewaySettings.parse({ id: 'default' });
    const files = ['attack-path-scan', 'attack-key-guessing', 'benign-stale-key'].map(linesOf);
    const run = async (order: readonly string[]) => {
      const { alerts } = await analyze({ files: order, gateway, onProgress: () => undefined });
      return alerts
        .map(({ type, entity, detectedAt, window }) => ({ type, entity, detectedAt, window }))
        .sort((a, b) => a.entity.id.localeCompare(b.entity.id));
    };
    expect(await run(files)).toEqual(await run([...files].reverse()));
  });

  it("raises the same of lines that are years ahead of this machine's clock", async () => {
    const dir = mkdtempSync(join(tmpdir(), 'outrider-ahead-'));
    try {
      const gateway = GatewaySettings.parse({ id: 'default' });
      const run = async (files: readonly string[], lateMs: number) => {
        const { alerts } = await analyze({ files, gateway, onProgress: () => undefined });
        return alerts.map(({ type, entity, detectedAt, window }) => ({
          type,
          entity: { kind: entity.kind, name: entity.name },
          detectedAt: detectedAt - lateMs,
          from: window.from - lateMs,
        }));
      };
      const files = ['attack-path-scan', 'attack-key-guessing', 'benign-stale-key'].map(linesOf);
      const ahead = files.map((file, index) => {
        const lines = readFileSync(file);
        const text = (file.endsWith('.gz') ? gunzipSync(lines) : lines).toString();
        const moved = join(dir, `${index}.ndjson`);
        writeFileSync(
          moved,
          text.replace(/"started_at":(\d+)/g, (_, at) => `"started_at":${Number(at) + AHEAD_MS}`),
        );
        return moved;
      });
      expect(await run(ahead, AHEAD_MS)).toEqual(await run(files, 0));
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
