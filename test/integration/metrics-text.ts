/** What `/metrics` said at one moment. */
export class MetricsText {
  readonly #samples: readonly {readonly name: string; readonly labels: string; readonly value: number}[];
  readonly text: string;

  constructor(text: string) {
    this.text = text;
    this.#samples = [...text.matchAll(/^([a-z_]+)(?:\{([^}]*)\})? (\S+)$/gm)].map(
      ([, name, labels, value]) => ({
        name: name!,
        labels: labels ?? '',
        value: Number(value),
      }),
    );
  }

  /** The sum over all labels, or over those that hold `label="value"`. 0 where there is none. */
  sum(name: string, label = ''): number {
    let sum = 0;
    for (const sample of this.#samples) {
      if (sample.name === name && sample.labels.includes(label)) sum += sample.value;
    }
    return sum;
  }

  /** Both sides of DESIGN.md's conservation. */
  conservation(): {readonly records: number; readonly left: number} {
    const leaving = [
      'weir_folded_events_total',
      'weir_merged_events_total',
      'weir_duplicate_events_total',
      'weir_skipped_events_total',
      'weir_dead_letters_total',
      'weir_abandoned_events_total',
      'weir_in_flight_events',
    ];
    return {
      records: this.sum('weir_records_total'),
      left: leaving.map((name) => this.sum(name)).reduce((a, b) => a + b),
    };
  }
}
