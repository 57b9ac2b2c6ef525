import {pino, type DestinationStream, type Logger} from 'pino';
import {withoutSecrets} from './config/secrets.ts';

export type {Logger} from 'pino';

/** Field names that hold secrets in the objects of the SDKs; one level of nesting is what a log line has. */
const secretFields = [
  'connectionString',
  'accountKey',
  'sharedAccessKey',
  'authorization',
  'Authorization',
  'token',
  'password',
  'headers',
] as const;

/**
 * Lines of JSON on standard output, where the platform collects them: a service keeps no log files of its own. A line
 * is a sentence plus fields, without process id and host name, which the platform knows better. What looks like a
 * secret is removed from every line, whatever field it came in.
 */
export function createLogger({level, destination}: {level: string; destination?: DestinationStream}): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: {level: (label) => ({level: label})},
      redact: {
        paths: ['cosmos.key', ...secretFields.flatMap((field) => [field, `*.${field}`])],
        censor: '(removed)',
      },
      serializers: {err: describeError, error: describeError, cause: describeError},
      hooks: {streamWrite: withoutSecretsInLine},
    },
    // Written at once, so that the last line before a crash is there.
    destination ?? pino.destination({fd: 1, sync: true}),
  );
}

/** Lines beyond this are not ours to search; they are replaced, because cutting one would break its JSON. */
const lineCharsMax = 16_384;

function withoutSecretsInLine(line: string): string {
  if (line.length > lineCharsMax)
    return `${JSON.stringify({level: 'warn', msg: 'A log line was too long.'})}\n`;
  return withoutSecrets(line);
}

/** Messages are cut to this, causes are followed to this depth. */
const messageCharsMax = 1_000;
const causesMax = 3;

/**
 * Name, code, status and message of an error and of its causes in one line, without secrets and stack, for logs and
 * the status page: `RestError RequestTimeout 408: …; cause: …`.
 */
export function describeError(error: unknown): string {
  const parts: string[] = [];
  let current = error;
  for (let depth = 0; depth < causesMax && current !== undefined; depth += 1) {
    parts.push(describeOne(current));
    current = causeOf(current);
  }
  const text = withoutSecrets(parts.join('; cause: ').replaceAll(/\s+/g, ' ')).trim();
  return text.length > messageCharsMax ? `${text.slice(0, messageCharsMax)}…` : text;
}

function describeOne(error: unknown): string {
  if (typeof error === 'string') return error;
  if (typeof error !== 'object' || error === null) return String(error);
  const name = textField(error, 'name') ?? 'Error';
  const code = textField(error, 'code');
  const status = textField(error, 'statusCode') ?? textField(error, 'status');
  const message = textField(error, 'message') ?? '';
  const facts = [name, ...new Set([code, status])].filter((fact) => fact !== undefined);
  return message === '' ? facts.join(' ') : `${facts.join(' ')}: ${message}`;
}

/** A connection that failed on every address has an empty message and says why in `errors`. */
function causeOf(error: unknown): unknown {
  if (typeof error !== 'object' || error === null) return undefined;
  if ('cause' in error && error.cause !== undefined) return error.cause;
  return 'errors' in error && Array.isArray(error.errors) ? error.errors[0] : undefined;
}

function textField(error: object, field: string): string | undefined {
  const value: unknown = Reflect.get(error, field);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

/** Kinds are a closed set of some dozen; should they not be, the log stays bounded in memory all the same. */
export const kindsMax = 1_000;

/**
 * Lets one line per kind of trouble and minute through and counts the others, so that an outage does not fill the
 * log. A line that passes says how many it stands for.
 *
 *     const turn = repeated.turn('throttled');
 *     if (turn) log.warn({suppressed: turn.suppressed}, 'Cosmos DB throttled the write.');
 */
export class OncePer<Kind extends string> {
  readonly #everyMs: number;
  readonly #now: () => number;
  readonly #kinds = new Map<Kind, {lastMs: number; suppressed: number}>();

  /** `everyMs` is a minute unless told; `now` in ms, from any origin. */
  constructor({everyMs = 60_000, now}: {everyMs?: number; now: () => number}) {
    this.#everyMs = everyMs;
    this.#now = now;
  }

  /** Undefined while the kind has had its line; else how many were held back since the last one. */
  turn(kind: Kind): {readonly suppressed: number} | undefined {
    const now = this.#now();
    const before = this.#kinds.get(kind);
    // A clock that was set back must not silence a kind for ever.
    if (before !== undefined && Math.abs(now - before.lastMs) < this.#everyMs) {
      before.suppressed += 1;
      return undefined;
    }
    // Set anew at the end, so that the first one is the one that has been quiet for longest.
    this.#kinds.delete(kind);
    this.#kinds.set(kind, {lastMs: now, suppressed: 0});
    const [quietest] = this.#kinds.size > kindsMax ? this.#kinds.keys() : [];
    if (quietest !== undefined) this.#kinds.delete(quietest);
    return {suppressed: before?.suppressed ?? 0};
  }
}
