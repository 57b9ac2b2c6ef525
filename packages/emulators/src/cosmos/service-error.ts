/** A refusal as the service words it: status, substatus header, and a body of code and message. */
export class ServiceError extends Error {
  readonly status: number;
  readonly code: string;
  readonly substatus: number;
  /** Whole milliseconds for `x-ms-retry-after-ms`; undefined leaves the header out. */
  readonly retryAfterMs: number | undefined;

  constructor(
    status: number,
    {
      code,
      message,
      substatus = 0,
      retryAfterMs,
    }: {code: string; message: string; substatus?: number; retryAfterMs?: number},
  ) {
    super(message);
    this.name = 'ServiceError';
    this.status = status;
    this.code = code;
    this.substatus = substatus;
    this.retryAfterMs = retryAfterMs;
  }
}

export function badRequest(message: string, substatus = 0): ServiceError {
  return new ServiceError(400, {code: 'BadRequest', message, substatus});
}

/** Names the part that is missing, so that nobody takes a gap of the emulator for a fault of the caller. */
export function unsupported(part: string): ServiceError {
  return badRequest(`The emulator does not support ${part}.`);
}

export function unauthorized(message: string): ServiceError {
  return new ServiceError(401, {code: 'Unauthorized', message});
}

export function notFound(what: string): ServiceError {
  return new ServiceError(404, {code: 'NotFound', message: `${what} does not exist.`});
}

/** Substatus 1003 tells a missing container from a missing document. */
export function ownerNotFound(): ServiceError {
  return new ServiceError(404, {
    code: 'NotFound',
    message: 'Owner resource does not exist.',
    substatus: 1003,
  });
}

export function conflict(what: string): ServiceError {
  return new ServiceError(409, {code: 'Conflict', message: `${what} with the specified id already exists.`});
}

export function preconditionFailed(): ServiceError {
  return new ServiceError(412, {
    code: 'PreconditionFailed',
    message: 'One of the specified pre-condition is not met.',
  });
}

export function tooLarge(message: string): ServiceError {
  return new ServiceError(413, {code: 'RequestEntityTooLarge', message});
}

/** Substatus 1014: the 20 GB of one logical partition are used up; only deletes help. */
export function partitionFull(): ServiceError {
  return new ServiceError(403, {
    code: 'Forbidden',
    message: 'Partition key reached maximum size of 20 GB.',
    substatus: 1014,
  });
}

/** Substatus 3200: the request rate is above the provisioned throughput. */
export function throttled(retryAfterMs: number): ServiceError {
  return new ServiceError(429, {
    code: 'TooManyRequests',
    message: 'Message: {"Errors":["Request rate is large. More Request Units may be needed."]}',
    substatus: 3200,
    retryAfterMs: Math.max(1, Math.ceil(retryAfterMs)),
  });
}
