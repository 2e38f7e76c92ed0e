import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** `outrider_<stage>_<what>_<unit|total>`. */
export type MetricName = `outrider_${string}`;
export type Labels = Readonly<Record<string, string>>;

/** Label values are fixed slugs (reasons, states, gateway ids), never values from traffic: this bounds a bug. */
const MAX_SERIES_A_METRIC = 2_000;

/**
 * Metrics of one process. A metric is declared once, with its help and label names, where the stage is built;
 * counting under an undeclared name or label is a bug and throws.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #counters = new Map<string, Counter>();
  readonly #gauges = new Map<string, Gauge>();
  readonly #histograms = new Map<string, Histogram>();
  readonly #series = new Map<string, Set<string>>();

  constructor(options: { readonly processMetrics: boolean } = { processMetrics: false }) {
    if (options.processMetrics) collectDefaultMetrics({ register: this.#registry, prefix: 'outrider_' });
  }

  /** Declaring the same name twice returns the same counter. */
  counter(name: MetricName, help: string, labelNames: readonly string[] = []): (labels?: Labels, by?: number) => void {
    let counter = this.#counters.get(name);
    if (!counter) {
      counter = new Counter({ name, help, labelNames: [...labelNames], registers: [this.#registry] });
      this.#counters.set(name, counter);
    }
    const made = counter;
    return (labels = {}, by = 1) => {
      if (this.#admits(name, labels)) made.inc({ ...labels }, by);
    };
  }

  gauge(name: MetricName, help: string, labelNames: readonly string[] = []): (labels: Labels, value: number) => void {
    let gauge = this.#gauges.get(name);
    if (!gauge) {
      gauge = new Gauge({ name, help, labelNames: [...labelNames], registers: [this.#registry] });
      this.#gauges.set(name, gauge);
    }
    const made = gauge;
    return (labels, value) => {
      if (this.#admits(name, labels)) made.set({ ...labels }, value);
    };
  }

  /** Asked at every scrape. */
  gaugeOf(name: MetricName, help: string, read: () => number): void {
    if (this.#gauges.has(name)) return;
    const gauge = new Gauge({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.set(read());
      },
    });
    this.#gauges.set(name, gauge);
  }

  /** Seconds. */
  histogram(
    name: MetricName,
    help: string,
    labelNames: readonly string[] = [],
    buckets: readonly number[] = [0.001, 0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  ): (labels: Labels, seconds: number) => void {
    let histogram = this.#histograms.get(name);
    if (!histogram) {
      histogram = new Histogram({
        name,
        help,
        labelNames: [...labelNames],
        buckets: [...buckets],
        registers: [this.#registry],
      });
      this.#histograms.set(name, histogram);
    }
    const made = histogram;
    return (labels, seconds) => {
      if (this.#admits(name, labels)) made.observe({ ...labels }, seconds);
    };
  }

  /** Prometheus text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  #admits(name: string, labels: Labels): boolean {
    let known = this.#series.get(name);
    if (!known) this.#series.set(name, (known = new Set()));
    const key = Object.values(labels).join('\u0000');
    if (known.has(key)) return true;
    if (known.size >= MAX_SERIES_A_METRIC) return false;
    known.add(key);
    return true;
  }
}
