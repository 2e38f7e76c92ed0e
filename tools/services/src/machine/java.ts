import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { installDebian, isDebianRoot } from './debian.ts';
import { MissingEngineError } from './missing-engine.error.ts';
import { run } from './run.ts';

export const JAVA_MAJOR = 17;
/** Debian 12 and 13 have one each. */
const PACKAGES = [`openjdk-${JAVA_MAJOR}-jre-headless`, 'openjdk-21-jre-headless'];
const ASK_MS = 20_000;

/** A Java that can run Kafka: JAVA_HOME's, the one in PATH, or (as root on Debian) Debian's, which is then installed. */
export const findJava = async (log: (line: string) => void): Promise<string> => {
  const found = await presentJava();
  if (found.path !== undefined) return found.path;
  if (!isDebianRoot()) throw missing(found.why);
  const why = [found.why];
  for (const name of PACKAGES) {
    log(`installing ${name} …`);
    try {
      await installDebian([name]);
    } catch (error) {
      why.push(error instanceof Error ? error.message : String(error));
      continue;
    }
    const installed = await presentJava();
    if (installed.path !== undefined) return installed.path;
    why.push(installed.why);
  }
  throw missing(why.join('; '));
};

const missing = (why: string): MissingEngineError =>
  new MissingEngineError(
    `Kafka needs Java ${JAVA_MAJOR} or newer: ${why}; install it (Debian: apt-get install ${PACKAGES[0]}) or set JAVA_HOME`,
  );

/** Looks without installing; `why` says what is wrong with each that was looked at. */
export const presentJava = async (): Promise<{ path?: string; why: string }> => {
  const home = process.env['JAVA_HOME'];
  const candidates = [...(home ? [join(home, 'bin', 'java')] : []), 'java'];
  const reasons: string[] = [];
  for (const path of candidates) {
    if (path !== 'java' && !existsSync(path)) {
      reasons.push(`${path} (JAVA_HOME) does not exist`);
      continue;
    }
    try {
      const { text } = await run(path, ['-version'], ASK_MS);
      const major = javaMajor(text);
      if (major !== undefined && major >= JAVA_MAJOR) return { path, why: '' };
      reasons.push(`${path} is version ${major ?? 'unknown'}`);
    } catch {
      reasons.push(`there is no ${path} in PATH`);
    }
  }
  return { why: reasons.join(', ') };
};

/** From what `java -version` prints: `17.0.15` gives 17, and the old `1.8.0_412` gives 8. */
export const javaMajor = (text: string): number | undefined => {
  const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(text) ?? [];
  if (first === undefined) return undefined;
  return first === '1' && second !== undefined ? Number(second) : Number(first);
};
