import type { AlertType } from '@outrider/domain/detection/alert';
import type {
  AllControls,
  ControlScope,
  DetectionException,
  DetectionExceptionDraft,
  DetectorOverride,
  DetectorOverrideDraft,
} from '@outrider/domain/detection/detection-control';
import { DetectionControlStore } from '@outrider/ports/detection-control-store';

type Owned<T> = T & { readonly tenant: string };

/** DetectionControlStore in memory, for unit tests. */
export class FakeDetectionControlStore extends DetectionControlStore {
  now = 1_767_225_600_000;
  overridden: Owned<DetectorOverride>[] = [];
  excepted: Owned<DetectionException>[] = [];
  readonly acts: string[] = [];
  #ids = 0;

  async overrides(tenant: string): Promise<readonly DetectorOverride[]> {
    return this.overridden.filter((one) => one.tenant === tenant).map(withoutTenant);
  }

  async putOverride(tenant: string, draft: DetectorOverrideDraft, actor: string): Promise<DetectorOverride> {
    const made = { ...draft, id: this.#id(), tenant, updatedAt: this.now++, updatedBy: actor };
    this.overridden = [...this.overridden.filter((one) => !isOf(one, tenant, draft.type, draft)), made];
    this.acts.push(`${actor} detector.override`);
    return withoutTenant(made);
  }

  async removeOverride(tenant: string, type: AlertType, scope: ControlScope, actor: string): Promise<boolean> {
    const left = this.overridden.filter((one) => !isOf(one, tenant, type, scope));
    if (left.length === this.overridden.length) return false;
    this.overridden = left;
    this.acts.push(`${actor} detector.restore`);
    return true;
  }

  async exceptions(query: Parameters<DetectionControlStore['exceptions']>[0]): Promise<readonly DetectionException[]> {
    const { tenant, limit, after, endingAfter } = query;
    return this.excepted
      .filter((one) => one.tenant === tenant && (endingAfter === undefined || one.until > endingAfter))
      .sort(newestFirst)
      .filter((one) => !after || newestFirst(one, after) > 0)
      .slice(0, limit)
      .map(withoutTenant);
  }

  async exception(tenant: string, id: string): Promise<DetectionException | undefined> {
    const found = this.excepted.find((one) => one.tenant === tenant && one.id === id);
    return found && withoutTenant(found);
  }

  async addException(tenant: string, draft: DetectionExceptionDraft, actor: string): Promise<DetectionException> {
    const at = this.now++;
    const made = { ...draft, id: this.#id(), tenant, createdAt: at, updatedAt: at, createdBy: actor };
    this.excepted.push(made);
    this.acts.push(`${actor} exception.create`);
    return withoutTenant(made);
  }

  async replaceException(
    tenant: string,
    id: string,
    draft: DetectionExceptionDraft,
    actor: string,
  ): Promise<DetectionException | undefined> {
    const at = this.excepted.findIndex((one) => one.tenant === tenant && one.id === id);
    const before = this.excepted[at];
    if (!before) return undefined;
    const made = { ...before, ...draft, updatedAt: this.now++ };
    this.excepted[at] = made;
    this.acts.push(`${actor} exception.update`);
    return withoutTenant(made);
  }

  async removeException(tenant: string, id: string, actor: string): Promise<boolean> {
    const at = this.excepted.findIndex((one) => one.tenant === tenant && one.id === id);
    if (at < 0) return false;
    this.excepted.splice(at, 1);
    this.acts.push(`${actor} exception.remove`);
    return true;
  }

  async all(): Promise<AllControls> {
    return { overrides: [...this.overridden], exceptions: [...this.excepted] };
  }

  #id(): string {
    return `00000000-0000-4000-8000-${String(this.#ids++).padStart(12, '0')}`;
  }
}

const isOf = (one: Owned<DetectorOverride>, tenant: string, type: AlertType, scope: ControlScope): boolean =>
  one.tenant === tenant && one.type === type && one.service === scope.service && one.route === scope.route;

const withoutTenant = <T>({ tenant: _tenant, ...row }: Owned<T>): T => withoutField<T>(row);

/** `row` is a T that its tenant was put beside. */
const withoutField = <T>(row: unknown): T => row as T;

const newestFirst = (a: { createdAt: number; id: string }, b: { createdAt: number; id: string }): number =>
  b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1);
