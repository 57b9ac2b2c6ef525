/** Where in the query text something was found; both from 1 and 0, as the service counts them. */
export interface TextPlace {
  readonly line: number;
  readonly column: number;
}

/** The query is wrong: answered with 400, the way the service words it, and never evaluated further. */
export class KqlError extends Error {
  readonly code = 'KQL';
  /** The service's outer inner-error code. */
  readonly kind: 'SyntaxError' | 'SemanticError';
  /** The innermost code, `SYN0002` or `SEM0100` and the like. */
  readonly detailCode: string;
  readonly place: TextPlace | undefined;

  constructor(
    message: string,
    detail: {kind: 'SyntaxError' | 'SemanticError'; detailCode: string; place?: TextPlace},
  ) {
    super(message);
    this.name = 'KqlError';
    this.kind = detail.kind;
    this.detailCode = detail.detailCode;
    this.place = detail.place;
  }
}

/** The text does not parse at `offset`. */
export function syntaxError(text: string, {offset, token}: {offset: number; token: string}): KqlError {
  const before = text.slice(0, offset).split('\n');
  const place = {line: before.length, column: before.at(-1)?.length ?? 0};
  const message = `Query could not be parsed at '${token}' on line [${place.line},${place.column}]`;
  return new KqlError(message, {kind: 'SyntaxError', detailCode: 'SYN0002', place});
}

/** The text parses but means nothing: an unknown name, or types that do not fit. */
export function semanticError(detailCode: string, message: string): KqlError {
  return new KqlError(message, {kind: 'SemanticError', detailCode});
}
