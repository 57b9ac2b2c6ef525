import rhea from 'rhea';
import type {EmulatedHub} from './emulated-hub.ts';
import type {ServiceAnswer, ServiceRequest} from './request-response.ts';
import {
  CONDITION,
  entityNotFound,
  invalidPartition,
  unauthorized,
  type ServiceError,
} from './service-error.ts';

export interface ManagementScope {
  readonly nowMs: number;
  /** By name, without case. */
  hub(name: string): EmulatedHub | undefined;
  mayAccess(entity: string): boolean;
}

/** AMQP type code of a short string, for arrays. */
const STR8 = 0xa1;

/** `$management` READ of a hub or of one of its partitions, with the types that the service uses. */
export function answerManagement(request: ServiceRequest, scope: ManagementScope): ServiceAnswer {
  const {operation, type, name} = request;
  if (typeof name !== 'string')
    return failed(400, {condition: CONDITION.argument, description: 'No name is given.'});
  if (operation !== 'READ') {
    return failed(501, {
      condition: CONDITION.notImplemented,
      description: `There is no operation '${String(operation)}'.`,
    });
  }
  if (!scope.mayAccess(`${name}/$management`)) return failed(401, unauthorized(name));
  const hub = scope.hub(name);
  if (!hub) return failed(404, entityNotFound(name));
  switch (type) {
    case 'com.microsoft:eventhub':
      return {status: 200, description: 'OK', body: hubBody(hub)};
    case 'com.microsoft:partition':
      return partitionAnswer(hub, String(request.properties.partition), scope.nowMs);
    default:
      return failed(400, {condition: CONDITION.argument, description: `There is no type '${String(type)}'.`});
  }
}

function hubBody(hub: EmulatedHub): Record<string, unknown> {
  return {
    name: hub.name,
    type: 'com.microsoft:eventhub',
    created_at: rhea.types.wrap_timestamp(hub.createdAtMs),
    partition_count: rhea.types.wrap_int(hub.partitionIds.length),
    partition_ids: rhea.types.wrap_array(hub.partitionIds, STR8, undefined),
    georeplication_factor: rhea.types.wrap_int(1),
  };
}

function partitionAnswer(hub: EmulatedHub, partitionId: string, nowMs: number): ServiceAnswer {
  const log = hub.partition(partitionId, nowMs);
  if (!log) return failed(400, invalidPartition({partitionId, partitionCount: hub.partitionIds.length}));
  const facts = log.facts();
  const body = {
    name: hub.name,
    type: 'com.microsoft:partition',
    partition: partitionId,
    begin_sequence_number: rhea.types.wrap_long(facts.beginSequenceNumber),
    last_enqueued_sequence_number: rhea.types.wrap_long(facts.lastEnqueuedSequenceNumber),
    last_enqueued_offset: facts.lastEnqueuedOffset,
    last_enqueued_time_utc: rhea.types.wrap_timestamp(facts.lastEnqueuedTimeMs),
    runtime_info_retrieval_time_utc: rhea.types.wrap_timestamp(nowMs),
    is_partition_empty: facts.isEmpty,
  };
  return {status: 200, description: 'OK', body};
}

function failed(status: number, {condition, description}: ServiceError): ServiceAnswer {
  return {status, description, condition};
}
