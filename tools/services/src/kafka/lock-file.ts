import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

const Artifact = z.strictObject({
  group: z.string().regex(NAME),
  artifact: z.string().regex(NAME),
  version: z.string().regex(NAME),
  bytes: z.int().positive().max(64_000_000),
  sha512: z.string().regex(/^[0-9a-f]{128}$/),
});
export type Artifact = z.infer<typeof Artifact>;

const Release = z.strictObject({ version: z.string().regex(NAME), artifacts: z.array(Artifact).min(1).max(200) });
export type Release = z.infer<typeof Release>;

export const KAFKA_LINES = ['4', '3.9'] as const;
export type KafkaLine = (typeof KAFKA_LINES)[number];

const LockFile = z.strictObject({ '4': Release, '3.9': Release });
export type LockFile = z.infer<typeof LockFile>;

/** Every name is checked: it becomes part of an address and of a file name. */
export const parseLockFile = (text: string): LockFile => LockFile.parse(JSON.parse(text));

/** The pinned jars of every supported line, as committed in `kafka.lock.json`. */
export const readLockFile = (): LockFile =>
  parseLockFile(readFileSync(join(import.meta.dirname, '..', '..', 'kafka.lock.json'), 'utf8'));

export const fileName = ({ artifact, version }: Artifact): string => `${artifact}-${version}.jar`;

export const addressOf = (repository: string, jar: Artifact): string =>
  `${repository}/${jar.group.replaceAll('.', '/')}/${jar.artifact}/${jar.version}/${fileName(jar)}`;
