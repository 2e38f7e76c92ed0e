import * as z from 'zod';
import { Alert } from '@outrider/domain/detection/alert';
import { GuardRails, NeverBlockEntry } from '@outrider/domain/response/guard-rails';
import { Policy, PolicyDraft } from '@outrider/domain/response/policy';
import { pageOf, paging } from './paging.ts';

export const PolicyListQuery = z.strictObject({ ...paging });
export type PolicyListQuery = Readonly<z.infer<typeof PolicyListQuery>>;
export const PolicyPage = pageOf(Policy, 'PolicyPage');

/** POST and PUT: a misspelt field is an error, for a policy that silently ignores one is dangerous. */
export const PolicyBody = PolicyDraft.extend({
  match: z.strictObject(PolicyDraft.shape.match.unwrap().shape).prefault({}),
})
  .strict()
  .meta({ id: 'PolicyBody' });
export type PolicyBody = Readonly<z.infer<typeof PolicyBody>>;

/** What a policy would match among the alerts that are not resolved; nothing is done. */
export const PolicyTestResult = z
  .object({
    examined: z.number().int().describe('alerts looked at, newest first'),
    matched: z.array(Alert).describe('at most 50'),
    matchedCount: z.number().int(),
  })
  .meta({ id: 'PolicyTestResult' });
export type PolicyTestResult = Readonly<z.infer<typeof PolicyTestResult>>;

export const GuardRailsChange = GuardRails.omit({ neverBlock: true })
  .partial()
  .strict()
  .refine((change) => Object.keys(change).length > 0, 'nothing to change')
  .meta({ id: 'GuardRailsChange' });
export type GuardRailsChange = Readonly<z.infer<typeof GuardRailsChange>>;

export const NeverBlockBody = NeverBlockEntry.omit({ id: true })
  .extend({ reason: z.string().max(500).default('') })
  .strict()
  .meta({ id: 'NeverBlockBody' });
export const NeverBlock = NeverBlockEntry.meta({ id: 'NeverBlockEntry' });
