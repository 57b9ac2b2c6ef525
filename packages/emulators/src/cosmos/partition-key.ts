import {badRequest} from './service-error.ts';

export type JsonObject = Record<string, unknown>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** One text per logical partition: the JSON array of its key's levels, `{}` where a level is absent. */
export function partitionOf(document: JsonObject, paths: readonly string[]): string {
  const levels = paths.map((path) => valueAt(document, path));
  return JSON.stringify(levels.map((level) => (level === undefined ? {} : level)));
}

/** The partition named by `x-ms-documentdb-partitionkey`; undefined without the header (a cross-partition query). */
export function partitionFromHeader(
  header: string | string[] | undefined,
  paths: readonly string[],
): string | undefined {
  if (header === undefined) return undefined;
  const levels = parseLevels(String(header));
  if (levels.length !== paths.length) {
    throw badRequest(
      'Partition key provided either does not correspond to definition in the collection.',
      1001,
    );
  }
  return JSON.stringify(levels);
}

function parseLevels(text: string): readonly unknown[] {
  const message = 'The header x-ms-documentdb-partitionkey is not a JSON array.';
  try {
    const levels: unknown = JSON.parse(text);
    if (Array.isArray(levels)) return levels;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw badRequest(message);
}

function valueAt(document: JsonObject, path: string): unknown {
  let value: unknown = document;
  for (const part of path.split('/').slice(1)) value = isJsonObject(value) ? value[part] : undefined;
  return value;
}
