/** Names that give a caller more than it should have; nobody's filter. Lower case, without `_`, `-`, `.` and brackets. */
const STRONG = new Set('isadmin|isstaff|issuperuser|superuser|isroot|sudo|impersonate|impersonateuser|userrole|asadmin|adminmode|actas|loginas|runas|isadministrator|accesslevel|bypassauth|skipauth|noauth|isowner|ispremium|isinternal|grantadmin|makeadmin|isemployee'.split('|')); // prettier-ignore
/** Names that may be a filter as well: one is nothing, two are. */
const WEAK = new Set('admin|role|roles|debug|internal|price|override|test|testmode|staff|root|privilege|privileges|permission|permissions|scope|verified|isverified|balance|credit|discount|amount|approved|isapproved|bypass|trace|devmode|dev|superadmin|owner|userid|tenantid|accountid|isactive|enabled|force|unlocked|paid|ispaid|accounttype|usertype|group|groups|level|plan|showall|showhidden|includedeleted|raw|env|config'.split('|')); // prettier-ignore
/** Where a visit came from, and what keeps caches away. */
const TRACKING = /^(?:utm.*|fbclid|gclid|gclsrc|gbraid|wbraid|dclid|msclkid|ttclid|twclid|yclid|lifatid|igshid|mceid|mccid|hsenc|hsmi|hsctatracking|ga|gl|gac|mktok|vero.*|oly.*|wickedid|pk.*|piwik.*|mtm.*|matomo.*|ref|referrer|referer|source|src|campaign|cid|affid|affiliate|clickid|sscid|epik|srsltid|ck.*|sbid|t|ts|time|timestamp|cb|cachebuster|rnd|rand|random|nonce|v|ver|version|nocache|callback|jsonp)?$/; // prettier-ignore

/** Of the doubtful ones: switches that turn something on for who may have it. */
const SWITCHES = new Set('admin|superadmin|root|staff|privilege|privileges|override|bypass|internal'.split('|'));
/** Nobody filters by them: asked again and again, they are tried out. */
const TRIED = new Set('admin|superadmin|root|staff|debug|test|testmode|internal|override|bypass|trace|devmode|dev|privilege|privileges|permission|permissions|showhidden|unlocked|isapproved|balance|discount'.split('|')); // prettier-ignore
const PAGES = new Set(['page', 'limit', 'offset', 'perpage', 'pagesize', 'size', 'start', 'skip', 'cursor']);
/** Lists of people, and of what they did: a rank is something to look for there. */
const PEOPLE =
  /\/(?:users|members|memberships|people|persons|employees|staff|accounts|teams|admins|roles|contacts|invitations|customers|agents|search|audit(?:[-_]?logs?)?|logs|events)$/;

const MAX_NAME = 64;

/** 2: privileged; 1: may be; 0: ordinary; -1: tells nothing. */
export const weightOfName = (name: string): -1 | 0 | 1 | 2 => {
  const plain = plainName(name);
  if (STRONG.has(plain)) return 2;
  if (WEAK.has(plain)) return 1;
  return TRACKING.test(plain) ? -1 : 0;
};

const plainName = (name: string): string => name.slice(0, MAX_NAME).toLowerCase().replace(/[^a-z0-9]/g, ''); // prettier-ignore

export const isListOfPeople = (template: string): boolean => PEOPLE.test(template);

/** A doubtful name that is given a value (`class:length`, as the outline has it) which only somebody with rights has: `role=admin`, `admin=true`. */
export const asksForRights = (name: string, value: string): boolean =>
  value.startsWith('privilege:') || ((value === 'bool:4' || value === 'int:1') && SWITCHES.has(plainName(name)));

export const isTriedOut = (name: string): boolean => TRIED.has(plainName(name));

/** One value is all that the application can take; the first and the last of several are read by different parts of it. */
export const isSingle = (name: string): boolean => {
  const plain = plainName(name);
  return PAGES.has(plain) || WEAK.has(plain) || STRONG.has(plain);
};
