import {randomUUID} from 'node:crypto';

import type {KqlError} from './kql/kql-error.ts';

/** A refusal as the query service words it. */
export interface ServiceError {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly innererror?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

export const refusals = {
  noToken: {
    status: 401,
    code: 'AuthorizationRequiredError',
    message: 'Valid authentication was not provided',
  },
  insufficientAccess: {
    status: 403,
    code: 'InsufficientAccessError',
    message: 'The provided credentials have insufficient access to perform the requested operation',
  },
  workspaceNotFound: {
    status: 404,
    code: 'WorkspaceNotFoundError',
    message: 'The workspace could not be found',
  },
  pathNotFound: {status: 404, code: 'PathNotFoundError', message: 'The requested path does not exist'},
  tooLarge: {status: 413, code: 'RequestEntityTooLarge', message: 'The request is too large'},
  timedOut: {
    status: 504,
    code: 'GatewayTimeout',
    message: 'Gateway timeout',
    innererror: {code: 'GatewayTimeout', message: 'Unable to unzip response'},
  },
} satisfies Record<string, ServiceError>;

export function throttled(retryAfter: string | undefined): ServiceError {
  return {
    status: 429,
    code: 'ThrottledError',
    message: 'Too many requests',
    ...(retryAfter === undefined ? {} : {headers: {'retry-after': retryAfter}}),
  };
}

export function unavailable(status: number): ServiceError {
  return {status, code: 'ServiceUnavailable', message: 'The service is temporarily unavailable'};
}

/** 400 for a body that is no request. */
export function badRequest(message: string): ServiceError {
  return {
    status: 400,
    code: 'BadArgumentError',
    message: 'The request had some invalid properties',
    innererror: {code: 'InvalidArgumentError', message},
  };
}

/** 400 for a query that does not parse or does not fit its tables. */
export function refusedQuery(error: KqlError): ServiceError {
  const summary =
    error.kind === 'SyntaxError'
      ? 'A recognition error occurred in the query.'
      : 'A semantic error occurred.';
  const {place} = error;
  const position = place === undefined ? {} : {line: place.line, pos: place.column};
  return {
    status: 400,
    code: 'BadArgumentError',
    message: 'The request had some invalid properties',
    innererror: {
      code: error.kind,
      message: summary,
      innererror: {code: error.detailCode, message: error.message, ...position},
    },
  };
}

export function errorBody({code, message, innererror}: ServiceError): string {
  const inner = innererror === undefined ? {} : {innererror};
  return JSON.stringify({error: {message, code, correlationId: randomUUID(), ...inner}});
}

/** The `error` beside the tables of an answer that is not whole. */
export function partialError(message: string): object {
  return {
    code: 'PartialError',
    message: 'There were some errors when processing your query.',
    details: [
      {
        code: 'EngineError',
        message: 'Something went wrong processing your query on the server.',
        innererror: {code: '-2133196797', message, severity: 2, severityName: 'Error'},
      },
    ],
  };
}
