import { type InfluxClient, influxError, type InfluxTarget } from './client.ts';
import { lineOf } from './lines.ts';
import { type IntervalMeasurement, newestField, progress } from './schema.ts';

/** How far the store is complete, and how far each of its measurements is written. */
export class Progress {
  readonly #client: InfluxClient;
  readonly #target: InfluxTarget;
  #values: Readonly<Record<string, number | null>>;

  private constructor(client: InfluxClient, target: InfluxTarget, values: Readonly<Record<string, number | null>>) {
    this.#client = client;
    this.#target = target;
    this.#values = values;
  }

  /** @throws InfluxError */
  static async read(client: InfluxClient, target: InfluxTarget): Promise<Progress> {
    const fields = progress.fields.map(({ name }) => name);
    const selected = fields.map((field) => `"${field}"`).join(', ');
    const values: Record<string, number | null> = {};
    for await (const series of client.query(`SELECT ${selected} FROM "${progress.name}"`, target.database)) {
      const [, ...cells] = series.values.at(-1) ?? [];
      fields.forEach((field, index) => (values[field] = (cells[index] ?? null) as number | null));
    }
    return new Progress(client, target, values);
  }

  get position(): number {
    return this.#values['position'] ?? 0;
  }

  /** The newest beginning of a row of a measurement; before any time where there is none. */
  newestMs({ name }: IntervalMeasurement): number {
    return this.#values[newestField(name)] ?? Number.NEGATIVE_INFINITY;
  }

  /** To be called when everything up to the position is written. @throws InfluxError */
  async write(position: number, newest: ReadonlyMap<IntervalMeasurement, number>): Promise<void> {
    const values: Record<string, number | null> = { position };
    for (const [{ name }, ms] of newest) values[newestField(name)] = Number.isFinite(ms) ? ms : null;
    const rejection = await this.#client.write([lineOf(progress, '', values, 0)], this.#target.database);
    if (rejection !== null) {
      const advice = `${rejection.reason}; the database ${this.#target.database} must keep points for ever`;
      throw influxError(this.#target, 'refused', advice);
    }
    this.#values = { ...this.#values, ...values };
  }
}
