import {parseFieldPath, type FieldPath} from './field-path.ts';
import {isJsonObject} from './shape.ts';

/** What is wrong with a definition, and what would be right. It quotes keys of the definition, never values. */
export interface DefinitionProblem {
  /** Within the definition: `fields.requestId[1]`; empty for the whole of it. */
  readonly path: string;
  /** Ends a sentence that begins with the path: `must be …`. */
  readonly problem: string;
  readonly example: string;
}

/** Paths of one list. A field with more names than this is several fields. */
const pathsMax = 16;

/** Values of a definition, each checked where it stands; what is wrong is collected, so that a user sees all of it at once. */
export class DefinitionProblems {
  readonly list: DefinitionProblem[] = [];

  paths(value: unknown, at: string): readonly FieldPath[] {
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (values.length > pathsMax || values.length === 0) {
      this.add(at, `must be a path or a list of 1 to ${pathsMax} paths`, '[id, headers.apim-request-id]');
      return [];
    }
    return values.flatMap((path, index) => {
      const parsed = this.path(path, values.length > 1 ? `${at}[${index}]` : at);
      return parsed === undefined ? [] : [parsed];
    });
  }

  path(value: unknown, at: string): FieldPath | undefined {
    const path = typeof value === 'string' ? parseFieldPath(value) : undefined;
    if (path === undefined) {
      this.add(at, 'must be a path', 'headers.apim-request-id, attempts[0].status, ["Usage.Total_Tokens"]');
    }
    return path;
  }

  oneOf<Choice extends string>(value: unknown, at: string, choices: readonly Choice[]): Choice | undefined {
    const choice = choices.find((candidate) => candidate === value);
    if (choice === undefined) this.add(at, `must be one of ${choices.join(', ')}`, choices[0]!);
    return choice;
  }

  /** Undefined and a problem when it is no object; a problem for each key that is not one of these. */
  object(
    value: unknown,
    {path, keys, example}: {path: string; keys: readonly string[] | undefined; example: string},
  ): Readonly<Record<string, unknown>> | undefined {
    if (!isJsonObject(value)) {
      this.add(path, 'must be a map', example);
      return undefined;
    }
    for (const key of Object.keys(value)) {
      if (keys === undefined || keys.includes(key)) continue;
      const at = path === '' ? key : `${path}.${key}`;
      this.add(at, `is not known here; known are ${keys.join(', ')}`, example);
    }
    return value;
  }

  add(path: string, problem: string, example: string): void {
    this.list.push({path, problem, example});
  }
}
