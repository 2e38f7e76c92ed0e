import { afterEach, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anApiEvent } from '@outrider/domain/traffic/testing';
import { CallerError } from '@outrider/platform/errors';
import { ClickHouseEventStore } from '../clickhouse.event-store.ts';
import { openClickHouse } from '../open-clickhouse.ts';
import { storedRows } from '../testing/event-rows.ts';

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  server = undefined;
});

const listening = async (made: Server): Promise<number> => {
  server = made;
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  return (made.address() as AddressInfo).port;
};

const refusing = (status: number, code: number, name: string): RequestListener => {
  return (request, response) => {
    request.resume();
    response.writeHead(status, { 'X-ClickHouse-Exception-Code': String(code) });
    response.end(`Code: ${code}. DB::Exception: it said no. (${name}) (version 26.7.2.1)`);
  };
};

const RANGE = { from: Date.UTC(2026, 0, 1), to: Date.UTC(2026, 0, 2) };

describe('what a server says', () => {
  it.each([
    [500, 241, 'MEMORY_LIMIT_EXCEEDED', 'TransientError', 'LimitError', 'TransientError'],
    [500, 252, 'TOO_MANY_PARTS', 'TransientError', 'TransientError', 'TransientError'],
    [500, 202, 'TOO_MANY_SIMULTANEOUS_QUERIES', 'TransientError', 'TransientError', 'TransientError'],
    [500, 242, 'TABLE_IS_READ_ONLY', 'TransientError', 'TransientError', 'TransientError'],
    [500, 319, 'UNKNOWN_STATUS_OF_INSERT', 'TransientError', 'TransientError', 'TransientError'],
    [500, 279, 'ALL_CONNECTION_TRIES_FAILED', 'TransientError', 'TransientError', 'TransientError'],
    [500, 243, 'NOT_ENOUGH_SPACE', 'TransientError', 'TransientError', 'TransientError'],
    [408, 159, 'TIMEOUT_EXCEEDED', 'TransientError', 'LimitError', 'TransientError'],
    // Its rows can never be read: nobody waits for them to become better.
    [400, 27, 'CANNOT_PARSE_INPUT_ASSERTION_FAILED', 'PermanentError', 'PermanentError', 'PermanentError'],
    // A table that is missing may come back, and giving up would lose the block.
    [404, 60, 'UNKNOWN_TABLE', 'TransientError', 'PermanentError', 'PermanentError'],
    // A password that was changed is changed back, or in the settings: blocks wait for it, but nobody starts with a wrong one.
    [403, 516, 'AUTHENTICATION_FAILED', 'TransientError', 'TransientError', 'CallerError'],
    [401, 194, 'REQUIRED_PASSWORD', 'TransientError', 'TransientError', 'CallerError'],
    [403, 497, 'ACCESS_DENIED', 'TransientError', 'PermanentError', 'CallerError'],
    [500, 225, 'NO_ZOOKEEPER', 'TransientError', 'TransientError', 'CallerError'],
  ])('with %i, code %i (%s) is a %s to a writer, a %s to a reader, a %s at the start', async (...row) => {
    const [status, code, name, write, read, start] = row;
    const port = await listening(createServer(refusing(status, code, name)));
    const clickhouse = await openClickHouse({ url: `http://127.0.0.1:${port}` });
    const store = new ClickHouseEventStore(clickhouse);
    const block = { rows: storedRows([anApiEvent()]), token: 't' };
    await expect(store.insertEvents(block)).rejects.toMatchObject({ name: write });
    await expect(store.deadLetterCounts({ tenant: 't', range: RANGE })).rejects.toMatchObject({ name: read });
    await expect(store.prepare()).rejects.toMatchObject({ name: start });
    await clickhouse.close();
  });

  it.each([502, 503, 504])('with %i and a page of somebody in between is worth waiting for', async (status) => {
    const port = await listening(
      createServer((request, response) => {
        request.resume();
        response.writeHead(status).end('<html>Bad gateway</html>');
      }),
    );
    const clickhouse = await openClickHouse({ url: `http://127.0.0.1:${port}` });
    const store = new ClickHouseEventStore(clickhouse);
    for (const work of [store.prepare(), store.ping(), store.insertDeadLetters([aLetter], 't')])
      await expect(work).rejects.toMatchObject({ name: 'TransientError' });
    await clickhouse.close();
  });
});

const aLetter = {
  ...{ tenant: 't', gateway: 'g', id: '0'.repeat(32), receivedAt: RANGE.from, reason: 'not-json' },
  ...{ detail: '', excerpt: '', bytes: 1, transport: 'tcp' },
};

describe('connections', () => {
  it('are no more than allowed, and those that wait get their turn', async () => {
    let now = 0;
    let most = 0;
    const port = await listening(
      createServer((request, response) => {
        request.resume();
        most = Math.max(most, ++now);
        setTimeout(() => {
          now--;
          response.end('["ping"]\n');
        }, 10);
      }),
    );
    const clickhouse = await openClickHouse({ url: `http://127.0.0.1:${port}`, maxConnections: 3 });
    const store = new ClickHouseEventStore(clickhouse);
    await Promise.all(Array.from({ length: 20 }, () => store.ping()));
    expect(most).toBe(3);
    await clickhouse.close();
  });

  it('are made to a server whose authority is named, and to no other', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'outrider-clickhouse-tls-'));
    const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
    const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    const name = ['-subj', '/CN=clickhouse', '-addext', 'subjectAltName=IP:127.0.0.1'];
    execFileSync('openssl', ['req', '-x509', ...ec, ...name, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    const caCert = readFileSync(cert, 'utf8');
    rmSync(cert);
    const users: unknown[] = [];
    const tls = createTlsServer({ key: readFileSync(key), cert: caCert }, (request, response) => {
      users.push(request.headers['x-clickhouse-user'] ?? request.headers.authorization);
      response.end();
    });
    rmSync(dir, { recursive: true });
    const url = `https://u:p@127.0.0.1:${await listening(tls)}`;
    const trusting = await openClickHouse({ url, caCert });
    await new ClickHouseEventStore(trusting).ping();
    expect(users).toEqual(['u']);
    await trusting.close();

    const wary = await openClickHouse({ url });
    const store = new ClickHouseEventStore(wary);
    await expect(store.prepare()).rejects.toThrow(/CLICKHOUSE_TLS_CA/);
    await expect(store.insertEvents({ rows: storedRows([anApiEvent()]), token: 't' })).rejects.toMatchObject({
      name: 'TransientError',
    });
    expect(users).toHaveLength(1);
    await wary.close();
  });

  it.each([
    [{ url: 'http://h', caCert: '-----BEGIN CERTIFICATE-----' }],
    [{ url: 'https://h', caCert: 'a path, by mistake' }],
    [{ url: 'http://h', cluster: "x' , y" }],
    [{ url: 'http://h', maxConnections: 0 }],
    [{ url: 'http://u:%zz@h/db' }],
  ])('%j are refused before anything is asked', async (address) => {
    await expect(openClickHouse(address)).rejects.toThrow(CallerError);
  });
});
