/** A refusal as it goes over the wire: in a detach, a close or the outcome of a delivery. */
export interface ServiceError {
  readonly condition: string;
  readonly description: string;
}

/** Conditions that the SDK knows, by their meaning. */
export const CONDITION = {
  unauthorized: 'amqp:unauthorized-access',
  notFound: 'amqp:not-found',
  notImplemented: 'amqp:not-implemented',
  invalidField: 'amqp:invalid-field',
  decodeError: 'amqp:decode-error',
  quotaExceeded: 'amqp:resource-limit-exceeded',
  stolen: 'amqp:link:stolen',
  messageTooLarge: 'amqp:link:message-size-exceeded',
  argument: 'com.microsoft:argument-error',
  argumentOutOfRange: 'com.microsoft:argument-out-of-range',
  serverBusy: 'com.microsoft:server-busy',
} as const;

/** The SDK recognises a missing entity by this text. */
export function entityNotFound(entity: string): ServiceError {
  return {
    condition: CONDITION.notFound,
    description: `The messaging entity '${entity}' could not be found.`,
  };
}

export function invalidPartition({
  partitionId,
  partitionCount,
}: {
  partitionId: string;
  partitionCount: number;
}): ServiceError {
  return {
    condition: CONDITION.argumentOutOfRange,
    description: `The specified partition is invalid for an EventHub partition sender or receiver. It should be between 0 and ${partitionCount - 1}: '${partitionId}'`,
  };
}

export function unauthorized(entity: string): ServiceError {
  return {
    condition: CONDITION.unauthorized,
    description: `Unauthorized access. No valid claim covers '${entity}'.`,
  };
}
