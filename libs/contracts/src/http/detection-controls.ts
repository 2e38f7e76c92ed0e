import {
  DetectionException,
  DetectionExceptionDraft,
  DetectorOverride,
  DetectorOverrideDraft,
  DetectorState,
  ExceptionMatch,
} from '@outrider/domain/detection/detection-control';
import { AlertType } from '@outrider/domain/detection/alert';
import { DetectorFacts } from '@outrider/domain/detection/detector-facts';
import * as z from 'zod';
import { flag, IdText, pageOf, paging } from './paging.ts';

export const DetectorTypeText = AlertType.describe('slug of the catalogue, or `rule:<id>` of your own rule');

/** A detector, or a rule that somebody decided about, as it stands for the whole tenant. */
export const DetectorView = z
  .object({
    type: AlertType,
    title: z.string(),
    summary: z.string(),
    owasp: z.array(z.string()),
    attack: z.array(z.string()),
    state: DetectorState.describe('where no service or route says otherwise'),
    settings: z
      .record(z.string(), z.json())
      .describe('in force where no service or route says otherwise; empty of a rule'),
    overrides: z.array(DetectorOverride),
  })
  .meta({ id: 'Detector' });
export type DetectorView = Readonly<z.infer<typeof DetectorView>>;

export const DetectorDetail = DetectorView.extend({
  facts: DetectorFacts.nullable().describe('its page; null of a rule'),
}).meta({ id: 'DetectorDetail' });
export type DetectorDetail = Readonly<z.infer<typeof DetectorDetail>>;

export const DetectorListQuery = z.strictObject({ ...paging, state: DetectorState.optional() });
export type DetectorListQuery = Readonly<z.infer<typeof DetectorListQuery>>;
export const DetectorPage = pageOf(DetectorView, 'DetectorPage');

export const ScopeQuery = z.strictObject({
  service: IdText.optional().describe('id or name; all services when absent'),
  route: IdText.optional().describe('id or name; all routes when absent'),
});
export type ScopeQuery = Readonly<z.infer<typeof ScopeQuery>>;

/** PUT: the whole decision for a detector and a scope. */
export const OverrideBody = z
  .strictObject({
    state: DetectorOverrideDraft.shape.state,
    settings: DetectorOverrideDraft.shape.settings,
    reason: DetectorOverrideDraft.shape.reason,
  })
  .refine(({ state, settings }) => state !== null || Object.keys(settings).length > 0, {
    path: ['state'],
    message: 'a state or settings: an override that says neither is removed with DELETE',
  })
  .meta({ id: 'OverrideBody' });
export type OverrideBody = Readonly<z.infer<typeof OverrideBody>>;

export const ExceptionListQuery = z.strictObject({
  ...paging,
  ended: flag.optional().describe('true: those that have ended as well'),
});
export type ExceptionListQuery = Readonly<z.infer<typeof ExceptionListQuery>>;
export const ExceptionPage = pageOf(DetectionException, 'DetectionExceptionPage');

/** POST and PUT: a misspelt condition would except more than was meant, so it is an error. */
export const ExceptionBody = z
  .strictObject({ ...DetectionExceptionDraft.shape, match: z.strictObject(ExceptionMatch.shape) })
  .refine(({ match }) => Object.values(match).some((part) => part !== null), {
    path: ['match'],
    message: 'name an entity, a cidr, an endpoint or a tag; to silence a detector switch it off',
  })
  .meta({ id: 'DetectionExceptionBody' });
export type ExceptionBody = Readonly<z.infer<typeof ExceptionBody>>;
