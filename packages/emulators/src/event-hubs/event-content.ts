import rhea from 'rhea';
import {
  annotationSection,
  longAnnotation,
  textAnnotation,
  timestampAnnotation,
} from './annotation-section.ts';
import {
  mapPairsAt,
  MalformedMessageError,
  messageSections,
  SECTION,
  variableWidthAt,
} from './message-sections.ts';

/** What a publisher gives: everything of an event but its place in a partition. */
export interface EventContent {
  readonly partitionKey: string | undefined;
  /** The publisher's own message annotations, each pair as encoded. */
  readonly annotations: readonly Buffer[];
  /** Properties, application properties, body and footer, exactly as published. Header and delivery annotations end here. */
  readonly sections: Buffer;
}

/** A body as a test gives it: bytes become a data section, the others a value or sequence section. */
export type EventBody = Uint8Array | {readonly value: unknown} | {readonly sequence: readonly unknown[]};

/** Message format of a batch: each data section is an encoded message. */
export const BATCH_FORMAT = 0x80013700;

const PARTITION_KEY = 'x-opt-partition-key';
const SEQUENCE_NUMBER = 'x-opt-sequence-number';
const OFFSET = 'x-opt-offset';
const ENQUEUED_TIME = 'x-opt-enqueued-time';
const OURS: ReadonlySet<string> = new Set([PARTITION_KEY, SEQUENCE_NUMBER, OFFSET, ENQUEUED_TIME]);

/** Reads one encoded message. The content shares memory with it. Throws MalformedMessageError. */
export function contentOfMessage(message: Buffer): EventContent {
  const sections = messageSections(message);
  const annotations = sections.find((section) => section.code === SECTION.messageAnnotations);
  const bare = sections.find((section) => section.code >= SECTION.properties);
  if (!bare) throw new MalformedMessageError('The message has no body.');
  const pairs = annotations ? mapPairsAt(message, annotations.valueStart) : [];
  const key = pairs.find((pair) => pair.key === PARTITION_KEY);
  return {
    partitionKey: key && variableWidthAt(message, key.valueStart)?.toString(),
    annotations: pairs.filter((pair) => !OURS.has(pair.key)).map((pair) => pair.bytes),
    sections: message.subarray(bare.start),
  };
}

/** The events of a batch and the key of its envelope, which rules where all of them go. Throws MalformedMessageError. */
export function contentsOfBatch(batch: Buffer): {partitionKey: string | undefined; contents: EventContent[]} {
  const envelope = contentOfMessage(batch);
  const contents = messageSections(batch)
    .filter((section) => section.code === SECTION.data)
    .map((section) => {
      const message = variableWidthAt(batch, section.valueStart);
      if (!message) throw new MalformedMessageError('A data section holds binary.');
      return contentOfMessage(message);
    });
  return {partitionKey: envelope.partitionKey ?? contents[0]?.partitionKey, contents};
}

/** The content of an event that did not come over AMQP. `properties` are the application properties. */
export function contentOfBody(
  body: EventBody,
  {
    partitionKey,
    properties,
  }: {partitionKey?: string | undefined; properties?: Record<string, unknown> | undefined} = {},
): EventContent {
  if (body instanceof Uint8Array && !properties) {
    return {partitionKey, annotations: [], sections: dataSection(body)};
  }
  const section =
    body instanceof Uint8Array
      ? rhea.message.data_section(Buffer.from(body))
      : 'sequence' in body
        ? rhea.message.sequence_section([...body.sequence])
        : body.value;
  const encoded = rhea.message.encode({body: section, application_properties: properties});
  return {...contentOfMessage(encoded), partitionKey};
}

/** The message as every reader gets it: annotations of its place, then what was published. */
export function encodeEvent(
  content: EventContent,
  place: {sequenceNumber: number; offset: string; enqueuedTimeMs: number},
): Buffer {
  const annotations = [
    longAnnotation(SEQUENCE_NUMBER, place.sequenceNumber),
    textAnnotation(OFFSET, place.offset),
    timestampAnnotation(ENQUEUED_TIME, place.enqueuedTimeMs),
  ];
  if (content.partitionKey !== undefined)
    annotations.push(textAnnotation(PARTITION_KEY, content.partitionKey));
  annotations.push(...content.annotations);
  return Buffer.concat([annotationSection(SECTION.messageAnnotations, annotations), content.sections]);
}

function dataSection(body: Uint8Array): Buffer {
  const section = Buffer.allocUnsafe(8 + body.length);
  section.set([0x00, 0x53, SECTION.data, 0xb0]);
  section.writeUInt32BE(body.length, 4);
  section.set(body, 8);
  return section;
}
