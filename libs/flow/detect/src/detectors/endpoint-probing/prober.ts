import { hash32 } from '../../duplicates/hash64.ts';
import { Evidence } from '../../windows/evidence.ts';
import { FailureLog } from '../../windows/failure-log.ts';
import { DAY_MS } from '../../windows/time.ts';

const MAX_PARENTS = 64;
const MAX_HOSTS = 64;
/** `/products/4711.html`: an id as well. Links to hundreds of them die when a site moves. */
const NUMBERED_PAGE = /\/\d+(\.[a-z]{2,5})$/i;

/** What one caller asked for that never worked for anybody. About 3 KB, at most 30. */
export class Prober {
  readonly log = new FailureLog();
  readonly evidence = new Evidence();
  readonly parents = new Set<number>();
  /** Hosts that Kong has no route for, besides the first that it asked. */
  readonly hosts = new Set<number>();
  #firstHost = '';
  unauthenticated = 0;
  refused = 0;
  /** Made when the first name of a word list comes. */
  #words: FailureLog | undefined;
  wordListKinds = 0;
  /** Made when the first telling name of a word list is refused. */
  #refusedWords: FailureLog | undefined;
  refusedWordKinds = 0;

  /** `host`: of a request that Kong has no route for; '' else. A path of another host is another path: hosts are guessed as well. */
  refuse(at: number, template: string, status: number, host: string): void {
    this.#renew(at);
    this.refused++;
    if (status === 401) this.unauthenticated++;
    if (this.parents.size < MAX_PARENTS) this.parents.add(hash32(parentOf(template)));
    const path = template.replace(NUMBERED_PAGE, '/#$1');
    this.log.add(at, this.#isOther(host) ? hash32(`${host} ${path}`) || 1 : hash32(path) || 1);
  }

  #isOther(host: string): boolean {
    if (host === '') return false;
    if (this.#firstHost === '') this.#firstHost = host;
    if (host === this.#firstHost) return false;
    if (this.hosts.size < MAX_HOSTS) this.hosts.add(hash32(host));
    return true;
  }

  wordListed(at: number, template: string, kinds: number): void {
    this.#renew(at);
    if (this.#words !== undefined && at - this.#words.lastAt > DAY_MS) this.wordListKinds = 0;
    this.#words ??= new FailureLog();
    this.#words.add(at, hash32(template) || 1);
    this.wordListKinds |= kinds;
  }

  /** A telling name of a word list that never worked for anybody was refused. */
  refuseWord(at: number, template: string, kinds: number): void {
    if (this.#refusedWords !== undefined && at - this.#refusedWords.lastAt > DAY_MS) this.refusedWordKinds = 0;
    this.#refusedWords ??= new FailureLog();
    this.#refusedWords.add(at, hash32(template) || 1);
    this.refusedWordKinds |= kinds;
  }

  get refusedWordTotal(): number {
    return this.#refusedWords?.total ?? 0;
  }

  refusedWordsWithin(ms: number): number {
    return this.#refusedWords?.within(ms).distinct ?? 0;
  }

  get wordListTotal(): number {
    return this.#words?.total ?? 0;
  }

  wordListWithin(ms: number): number {
    return this.#words?.within(ms).distinct ?? 0;
  }

  /** A day without any: what was before is over. */
  #renew(at: number): void {
    if (at - this.log.lastAt < DAY_MS || this.refused === 0) return;
    this.parents.clear();
    this.hosts.clear();
    this.refused = 0;
    this.unauthenticated = 0;
  }
}

const parentOf = (template: string): string => template.slice(0, Math.max(0, template.lastIndexOf('/')));
