import type { UserAgent } from '@outrider/domain/traffic/user-agent';

/** Toolkits that anybody crawls with. */
const TOOLKITS: ReadonlySet<string> = new Set(['scrapy', 'colly', 'nutch', 'heritrix', 'crawler4j', 'headlesscrawler', 'screaming-frog']); // prettier-ignore

/** A crawler that says whose it is: search engines, price comparison, link previews. What it says may be a lie. */
export const saysCrawler = ({ kind, family }: UserAgent): boolean => kind === 'bot' && !TOOLKITS.has(family);
