import type { Enforcement } from '@outrider/domain/response/enforcement';
import type { EnforcementRecord } from '@outrider/ports/response-store';

/** Without what only respond needs: what stood in Kong before is not shown. */
export const enforcementView = (record: EnforcementRecord): Enforcement => {
  const { saved: _saved, revision: _revision, ...view } = record;
  return view;
};
