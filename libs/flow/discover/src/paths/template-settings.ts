/** When tokens are told to be values. */
export interface TestSettings {
  /** Different callers that must have brought the tokens (told apart by 32 cells of a hash), none of them two thirds or more. */
  readonly minCallers: number;
  /** Or, where one caller is all there is: different hours in which new ones came. */
  readonly lonelyHours: number;
  /** Successes of the service before tokens that look like words are judged by their number. */
  readonly warmSuccesses: number;
}

export interface TemplateSettings extends TestSettings {
  /** Successes before an endpoint is known … */
  readonly minSuccesses: number;
  /** … by this many callers … */
  readonly minEndpointCallers: number;
  /** … or in this many different hours. */
  readonly minEndpointHours: number;
  /** Nodes of one service's tree (about 0.5 KB each); the least used are forgotten beyond. */
  readonly maxNodes: number;
  /** Unproven tokens at one place. */
  readonly maxChildren: number;
  /** Known endpoints of one service; further ones stay provisional, and are counted. */
  readonly maxEndpoints: number;
  /** Exact paths remembered with their endpoint. */
  readonly maxCachedPaths: number;
}

export const DEFAULT_TEMPLATE_SETTINGS: TemplateSettings = {
  minCallers: 3,
  lonelyHours: 12,
  warmSuccesses: 1_000,
  minSuccesses: 10,
  minEndpointCallers: 2,
  minEndpointHours: 3,
  maxNodes: 40_000,
  maxChildren: 512,
  maxEndpoints: 10_000,
  maxCachedPaths: 4_096,
};
