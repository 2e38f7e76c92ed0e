/** Names that give a caller more than it should have; nobody's filter. Lower case, without `_`, `-`, `.` and brackets. */
const STRONG = new Set('isadmin|isstaff|issuperuser|superuser|isroot|sudo|impersonate|impersonateuser|userrole|asadmin|adminmode|actas|loginas|runas|isadministrator|accesslevel|bypassauth|skipauth|noauth|isowner|ispremium|isinternal|grantadmin|makeadmin|isemployee'.split('|')); // prettier-ignore
/** Names that may be a filter as well: one is nothing, two are. */
const WEAK = new Set('admin|role|roles|debug|internal|price|override|test|testmode|staff|root|privilege|privileges|permission|permissions|scope|verified|isverified|balance|credit|discount|amount|approved|isapproved|bypass|trace|devmode|dev|superadmin|owner|userid|tenantid|accountid|isactive|enabled|force|unlocked|paid|ispaid|accounttype|usertype|group|groups|level|plan|showall|showhidden|includedeleted|raw|env|config'.split('|')); // prettier-ignore
/** Where a visit came from, and what keeps caches away. */
const TRACKING = /^(?:utm.*|fbclid|gclid|gclsrc|gbraid|wbraid|dclid|msclkid|ttclid|twclid|yclid|lifatid|igshid|mceid|mccid|hsenc|hsmi|hsctatracking|ga|gl|gac|mktok|vero.*|oly.*|wickedid|pk.*|piwik.*|mtm.*|matomo.*|ref|referrer|referer|source|src|campaign|cid|affid|affiliate|clickid|sscid|epik|srsltid|ck.*|sbid|t|ts|time|timestamp|cb|cachebuster|rnd|rand|random|nonce|v|ver|version|nocache|callback|jsonp)?$/; // prettier-ignore

const MAX_NAME = 64;

/** 2: privileged; 1: may be; 0: ordinary; -1: tells nothing. */
export const weightOfName = (name: string): -1 | 0 | 1 | 2 => {
  const plain = name.slice(0, MAX_NAME).toLowerCase().replace(/[^a-z0-9]/g, ''); // prettier-ignore
  if (STRONG.has(plain)) return 2;
  if (WEAK.has(plain)) return 1;
  return TRACKING.test(plain) ? -1 : 0;
};
