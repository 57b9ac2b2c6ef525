import type {PipelinePolicy} from '@azure/core-rest-pipeline';
import {innermostMessage} from './failures.ts';

/** A cell as JSON has it: datetimes are text. */
export type Cell = string | number | boolean | null | undefined;

/** One table of an answer, as the service sent it. */
export interface AnswerTable {
  readonly columns: readonly {readonly name: string}[];
  readonly rows: readonly (readonly Cell[])[];
}

export type AnswerBody =
  | {readonly kind: 'table'; readonly table: AnswerTable | undefined}
  /** The body ends in an error: some rows are missing. */
  | {readonly kind: 'partial'; readonly cause: string};

/**
 * Takes the bodies of answers out before the SDK comes to them. It would parse each twice and make a date of every time
 * in it, which is most of what a row costs; a slice holds tens of thousands of rows, and most are only looked up.
 */
export class AnswerBodies {
  /** By the signal of the request, which is no other's. A body is there from its answer until it is taken. */
  readonly #bodies = new WeakMap<object, string>();

  readonly policy: PipelinePolicy = {
    name: 'weirAnswerBodies',
    sendRequest: async (request, next) => {
      const response = await next(request);
      // Errors stay with the SDK, which knows their forms.
      if (
        response.status === 200 &&
        request.abortSignal !== undefined &&
        typeof response.bodyAsText === 'string'
      ) {
        this.#bodies.set(request.abortSignal, response.bodyAsText);
        response.bodyAsText = withoutTables;
      }
      return response;
    },
  };

  /** @throws {SyntaxError} @throws {TypeError} for a body that is not an answer */
  take(signal: AbortSignal): AnswerBody {
    const text = this.#bodies.get(signal);
    this.#bodies.delete(signal);
    const body: unknown = JSON.parse(text ?? '');
    if (!isAnswer(body)) throw new TypeError('The body is no answer to a query.');
    if (body.error !== undefined && body.error !== null) {
      return {kind: 'partial', cause: `${body.error.code ?? 'no code'} ${innermostMessage(body.error)}`};
    }
    return {kind: 'table', table: body.tables[0]};
  }
}

const withoutTables = '{"tables":[]}';

interface Answer {
  readonly tables: readonly AnswerTable[];
  readonly error?: {readonly code?: string} | null;
}

/** Cells are looked at when they are read; here only that there are rows and columns to look for. */
function isAnswer(value: unknown): value is Answer {
  if (typeof value !== 'object' || value === null || !('tables' in value) || !Array.isArray(value.tables))
    return false;
  const tables: readonly Partial<AnswerTable>[] = value.tables;
  return tables.every((table) => Array.isArray(table?.columns) && Array.isArray(table.rows));
}
