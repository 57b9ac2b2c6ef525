/** What a link address names. Hub and group are as the client wrote them; names are compared without case. */
export type EntityAddress =
  | {readonly kind: 'cbs'}
  | {readonly kind: 'management'}
  | {readonly kind: 'hub'; readonly hub: string}
  | {readonly kind: 'partition'; readonly hub: string; readonly partitionId: string}
  | {
      readonly kind: 'reader';
      readonly hub: string;
      readonly consumerGroup: string;
      readonly partitionId: string;
    };

const HOST = /^[a-z]+:\/\/[^/]*/i;
const HUB = '([^/]+)';
const PARTITION = new RegExp(`^${HUB}/Partitions/([^/]+)$`, 'i');
const READER = new RegExp(`^${HUB}/ConsumerGroups/([^/]+)/Partitions/([^/]+)$`, 'i');

/** Undefined for an address that no entity can have. */
export function parseAddress(address: string): EntityAddress | undefined {
  const path = address.replace(HOST, '').replace(/^\/+/, '');
  if (path === '$cbs') return {kind: 'cbs'};
  if (path === '$management' || path.endsWith('/$management')) return {kind: 'management'};
  const reader = READER.exec(path);
  if (reader) {
    const [, hub = '', consumerGroup = '', partitionId = ''] = reader;
    return {kind: 'reader', hub, consumerGroup, partitionId};
  }
  const partition = PARTITION.exec(path);
  if (partition) return {kind: 'partition', hub: partition[1] ?? '', partitionId: partition[2] ?? ''};
  return path !== '' && !path.includes('/') ? {kind: 'hub', hub: path} : undefined;
}
