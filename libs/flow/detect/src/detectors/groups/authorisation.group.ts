import type { DetectorDefinition } from '../../engine/detector.ts';
import { DATA_EXFILTRATION } from '../data-exfiltration/data-exfiltration.definition.ts';
import { FOREIGN_OBJECT_ACCESS } from '../foreign-object-access/foreign-object-access.definition.ts';
import { FUNCTION_LEVEL_ABUSE } from '../function-level-abuse/function-level-abuse.definition.ts';
import { METHOD_TAMPERING } from '../method-tampering/method-tampering.definition.ts';
import { OBJECT_ENUMERATION } from '../object-enumeration/object-enumeration.definition.ts';
import { PRIVILEGED_PATH_PROBING } from '../privileged-path-probing/privileged-path-probing.definition.ts';
import { SCRAPING } from '../scraping/scraping.definition.ts';
import { SEQUENTIAL_CRAWLING } from '../sequential-crawling/sequential-crawling.definition.ts';
import { SLOW_EXFILTRATION } from '../slow-exfiltration/slow-exfiltration.definition.ts';

/** Callers that reach for what is not theirs, or take too much of what is. */
export const AUTHORISATION_DETECTORS: readonly DetectorDefinition[] = [
  OBJECT_ENUMERATION,
  SEQUENTIAL_CRAWLING,
  FOREIGN_OBJECT_ACCESS,
  FUNCTION_LEVEL_ABUSE,
  METHOD_TAMPERING,
  PRIVILEGED_PATH_PROBING,
  DATA_EXFILTRATION,
  SLOW_EXFILTRATION,
  SCRAPING,
];
