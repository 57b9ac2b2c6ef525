import {readRecord} from '../event-record.ts';
import {MissingFields} from '../missing-fields.ts';
import {eventFields, type TextShape} from '../shape.ts';
import {noTokens} from '../tokens.ts';

const name = 'apim-comma-joined';

/**
 * The body of Microsoft's first `log-to-eventhub` sample, which is no JSON: time, service name, the gateway's own request
 * id, the caller's address and the operation, joined by commas. Only its time is of use, so it is read only where asked for.
 * https://learn.microsoft.com/azure/api-management/api-management-howto-log-event-hubs
 */
export const apimCommaJoinedShape: TextShape = {
  name,
  description:
    "Microsoft's log-to-eventhub sample: time, service, id, address and operation, joined by commas.",
  tells: 'calls',
  lacks: eventFields.filter((field) => field !== 'eventTime'),
  recognise: (text) => partsOf(text) !== undefined,
  read(text, enqueuedTimeMs) {
    const missing = new MissingFields();
    const time = partsOf(text)?.[0];
    return readRecord({time, tokens: noTokens}, {shape: name, enqueuedTimeMs, missing});
  },
};

/** Far above five names; what is longer was never joined of these. */
const textLengthMax = 2_048;
const partsMin = 5;
/** Of IPv4, or of IPv6 with an embedded IPv4 part. */
const addressPattern = /^[0-9A-Fa-f.:]{3,45}$/;

/** Undefined unless the fourth of five or more parts looks like an address. Operations may have commas of their own. */
function partsOf(text: string): readonly string[] | undefined {
  if (text.length > textLengthMax || text.includes('\n')) return undefined;
  const parts = text.split(',', partsMin);
  return parts.length === partsMin && addressPattern.test(parts[3]!.trim()) ? parts : undefined;
}
