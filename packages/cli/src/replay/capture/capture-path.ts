/** As Capture names its files unless it is told otherwise. https://learn.microsoft.com/azure/event-hubs/event-hubs-capture-overview */
export const captureFormatDefault =
  '{Namespace}/{EventHub}/{PartitionId}/{Year}/{Month}/{Day}/{Hour}/{Minute}/{Second}';

/** What the name of a file says. */
export interface CapturePath {
  readonly partition: string;
  /** Namespace and hub, where the format has them. */
  readonly hub: string;
  /** When the file was begun, ms; undefined where the format does not have all of it. */
  readonly begunMs: number | undefined;
}

const patterns: Readonly<Record<string, string>> = {
  Namespace: '[^/]+',
  EventHub: '[^/]+',
  PartitionId: '\\d{1,5}',
  Year: '\\d{4}',
  Month: '\\d{1,2}',
  Day: '\\d{1,2}',
  Hour: '\\d{1,2}',
  Minute: '\\d{1,2}',
  Second: '\\d{1,2}',
};

/**
 * Reads names of files by their format; the end of a path decides, so that any folder above may be given.
 * @returns undefined for a format that does not say which partition a file is of, or has a field that Capture has not
 */
export function capturePathReader(format: string): ((path: string) => CapturePath | undefined) | undefined {
  const fields = [...format.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
  const isKnown =
    fields.every((name) => Object.hasOwn(patterns, name)) && new Set(fields).size === fields.length;
  if (!isKnown || !fields.includes('PartitionId')) return undefined;
  const source = format
    .split(/\{(\w+)\}/)
    .map((part, i) => (i % 2 === 0 ? escaped(part) : `(?<${part}>${patterns[part]})`))
    .join('');
  const whole = new RegExp(`(?:^|/)${source}\\.avro$`);
  return (path) => {
    const {groups} = whole.exec(path) ?? {};
    if (groups === undefined) return undefined;
    const {Namespace = '', EventHub = '', PartitionId = '', Year, Month, Day, Hour, Minute, Second} = groups;
    const time = [Year, Month, Day, Hour, Minute, Second].map(Number);
    const begunMs = Date.UTC(time[0]!, time[1]! - 1, time[2], time[3], time[4], time[5]);
    return {
      partition: String(Number(PartitionId)),
      hub: [Namespace, EventHub].filter((name) => name !== '').join('/'),
      begunMs: Number.isNaN(begunMs) ? undefined : begunMs,
    };
  };
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
}
