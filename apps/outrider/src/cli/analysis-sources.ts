import { readFile } from 'node:fs/promises';
import { linearRegex } from '@outrider/detect/rules/linear-regex';
import { problemText } from '@outrider/detect/rules/file/problem';
import { RuleFolder } from '@outrider/detect/rules/rule-folder';
import { RuleSet } from '@outrider/detect/rules/rule-set';
import { DocumentIndex } from '@outrider/domain/endpoints/document-index';
import {
  OpenApiError,
  templatesFromOpenApi,
  type DocumentedEndpoint,
} from '@outrider/domain/endpoints/openapi-templates';
import { RawMatcher } from '@outrider/domain/rules/raw-matcher';
import { CallerError } from '@outrider/platform/errors';
import { UNKNOWN_ADDRESS, type AddressFacts } from '@outrider/ports/address-facts';
import { openAddressFacts } from '@outrider/wiring/engines/open-address-facts';
import { parse } from 'yaml';

/** What a run over log files may be given besides them; all optional. */
export interface SourceOptions {
  /** MMDB or CSV files. */
  readonly geoipFiles: readonly string[];
  /** Files or https addresses, each optionally as `name=…`. */
  readonly threatLists: readonly string[];
  /** OpenAPI 3 documents, JSON or YAML. */
  readonly openapi: readonly string[];
  /** Folder of rule files. */
  readonly rules: string | undefined;
}

export const NO_SOURCES: SourceOptions = { geoipFiles: [], threatLists: [], openapi: [], rules: undefined };

export interface AnalysisSources {
  readonly addresses: AddressFacts;
  readonly documents: DocumentIndex;
  /** What the documents say. */
  readonly endpoints: readonly DocumentedEndpoint[];
  readonly rules: RuleSet;
  readonly matcher: RawMatcher | undefined;
}

/** CallerError names the file that cannot be used, and why. */
export const openSources = async (options: SourceOptions, tenant: string): Promise<AnalysisSources> => {
  const addresses =
    options.geoipFiles.length + options.threatLists.length === 0
      ? UNKNOWN_ADDRESS
      : await openAddressFacts({ GEOIP_FILES: [...options.geoipFiles], THREAT_LISTS: [...options.threatLists] });
  const endpoints = (await Promise.all(options.openapi.map(readDocument))).flat();
  const rules = options.rules === undefined ? RuleSet.compile([]) : await readRules(options.rules);
  const { rawRules } = rules;
  return {
    addresses,
    documents:
      endpoints.length === 0
        ? DocumentIndex.NONE
        : new DocumentIndex(new Map([[tenant, [{ gateway: '', service: '', endpoints }]]])),
    endpoints,
    rules,
    matcher: rawRules.length === 0 ? undefined : new RawMatcher(rawRules, linearRegex),
  };
};

const readDocument = async (file: string) => {
  try {
    return templatesFromOpenApi(parse(await readFile(file, 'utf8')));
  } catch (error) {
    const reason =
      error instanceof OpenApiError || error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw new CallerError(`${file} cannot be used as an OpenAPI document: ${reason}`, 'bad-openapi-document');
  }
};

const readRules = async (dir: string): Promise<RuleSet> => {
  const { rules, problems } = await RuleFolder.read(dir);
  const [first] = problems;
  if (first)
    throw new CallerError(
      `${problems.length} problem${problems.length === 1 ? '' : 's'} in the rules of ${dir}: ${problemText(first)} (outrider rules check shows all)`,
      'bad-rules',
    );
  return RuleSet.compile(rules);
};
