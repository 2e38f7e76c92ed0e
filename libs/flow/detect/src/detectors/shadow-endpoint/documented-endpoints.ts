import type { DocumentIndex, DocumentVerdict } from '@outrider/domain/endpoints/document-index';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { EndpointKnowledge } from '../../knowledge/endpoint-knowledge.ts';
import type { Knowledge } from '../../knowledge/knowledge.ts';
import { HOUR_MS } from '../../windows/time.ts';

/** Endpoints whose verdict is remembered; about 100 bytes each. */
const MAX_ENDPOINTS = 20_000;
/** A document may name the endpoint's service only later, and ends may pass. */
const ASK_AGAIN_MS = HOUR_MS;
const TELL_AGAIN_MS = HOUR_MS;

interface Asked {
  verdict: DocumentVerdict;
  askedAt: number;
  toldAt: number;
}

interface Gates {
  readonly minSuccesses: number;
  readonly minHours: number;
}

/** What documents say of endpoints that answer, asked once an hour for each; nothing while there are no documents. */
export class DocumentedEndpoints {
  #asked = new Map<number, Asked>();
  #documents: DocumentIndex | undefined;
  evicted = 0;

  constructor(private readonly knowledge: Knowledge) {}

  get isEmpty(): boolean {
    return this.knowledge.documents.isEmpty;
  }

  /** The verdict when it is of this state, the endpoint is past the gates and it was not told within the hour. */
  due(
    event: ApiEvent,
    at: number,
    endpoint: EndpointKnowledge,
    state: DocumentVerdict['state'],
    gates: Gates,
  ): DocumentVerdict | undefined {
    if (endpoint.successes < gates.minSuccesses || at - endpoint.firstAt < gates.minHours * HOUR_MS) return undefined;
    const asked = this.#ask(event, at, endpoint.id);
    if (asked.verdict.state !== state || at - asked.toldAt < TELL_AGAIN_MS) return undefined;
    asked.toldAt = at;
    return asked.verdict;
  }

  /** What was last heard of it. */
  known(endpoint: EndpointKnowledge): DocumentVerdict | undefined {
    return this.#asked.get(endpoint.id)?.verdict;
  }

  #ask(event: ApiEvent, at: number, id: number): Asked {
    const { documents } = this.knowledge;
    if (documents !== this.#documents) {
      this.#documents = documents;
      this.#asked = new Map();
    }
    const known = this.#asked.get(id);
    if (known !== undefined && at - known.askedAt < ASK_AGAIN_MS) return known;
    const verdict = documents.verdict(event, at);
    if (known !== undefined) {
      known.verdict = verdict;
      known.askedAt = at;
      return known;
    }
    const made: Asked = { verdict, askedAt: at, toldAt: Number.NEGATIVE_INFINITY };
    if (this.#asked.size >= MAX_ENDPOINTS) {
      this.evicted += this.#asked.size;
      this.#asked = new Map();
    }
    this.#asked.set(id, made);
    return made;
  }
}
