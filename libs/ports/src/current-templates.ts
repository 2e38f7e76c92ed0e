import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { LearnedTemplates, type TemplatedEvent } from '@outrider/domain/traffic/learned-templates';
import type { EndpointStore } from './endpoint-store.ts';

const DEFAULT_EVERY_MS = 10_000;

export interface CurrentTemplatesOptions {
  readonly store: Pick<EndpointStore, 'templatesVersion' | 'learnedServices'>;
  /** ms between looks at the version. */
  readonly everyMs?: number;
  /** The store could not be asked; what was known goes on being used. */
  readonly onError: (error: unknown) => void;
}

/** The learned templates as a process may use them: compiled, and compiled anew within `everyMs` of a change. */
export class CurrentTemplates {
  #current = LearnedTemplates.NONE;
  #version = -1;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(private readonly options: CurrentTemplatesOptions) {}

  get current(): LearnedTemplates {
    return this.#current;
  }

  /** The event's learned template, or the typed one that it has. */
  template(event: TemplatedEvent): string {
    return this.#current.template(event);
  }

  /** The event with its learned template. */
  applied(event: ApiEvent): ApiEvent {
    return this.#current.applied(event);
  }

  /** Resolves when the templates of now are compiled, or could not be read. */
  async start(): Promise<void> {
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => {
      this.#running = this.#running.then(() => this.refresh());
    }, this.options.everyMs ?? DEFAULT_EVERY_MS);
    this.#timer.unref();
    this.#running = this.refresh();
    await this.#running;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#running;
  }

  async refresh(): Promise<void> {
    const { store, onError } = this.options;
    try {
      const version = await store.templatesVersion();
      if (version === this.#version) return;
      this.#current = new LearnedTemplates(await store.learnedServices());
      this.#version = version;
    } catch (error) {
      onError(error);
    }
  }
}
