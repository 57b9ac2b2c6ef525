import {serviceDurationMs, type DiagnosticsRow} from '@weir/pipeline';
import {regionOf, streamTypeOf} from './rows.ts';

/**
 * A row of `AzureDiagnostics` as an export or a diagnostic setting writes it, with its properties as text
 * (`properties_s`, `properties`) or as an object. Undefined for a row of another category, or without an id.
 */
export function readExportedRow(row: Readonly<Record<string, unknown>>): DiagnosticsRow | undefined {
  const requestId = text(row['CorrelationId'] ?? row['correlationId'])
    .trim()
    .toLowerCase();
  const category = text(row['Category'] ?? row['category']);
  if (requestId === '' || category !== 'RequestResponse') return undefined;
  const raw = row['properties_s'] ?? row['properties'];
  const properties = typeof raw === 'string' ? raw : JSON.stringify(raw ?? {});
  const details = objectIn(properties);
  const duration = row['DurationMs'] ?? row['durationMs'];
  return {
    requestId,
    timeGeneratedMs: Date.parse(text(row['TimeGenerated'] ?? row['time'])) || 0,
    durationMs: serviceDurationMs({
      durationMs: duration === undefined || duration === null || duration === '' ? null : Number(duration),
      requestTicks: ticksIn(properties, 'requestTime'),
      responseTicks: ticksIn(properties, 'responseTime'),
    }),
    streamType: streamTypeOf(text(details['streamType'])),
    model: text(details['modelName']),
    modelVersion: text(details['modelVersion']),
    principal: text(details['objectId']),
    region: regionOf(text(row['location_s'] ?? row['Location'] ?? row['location'])),
  };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

function objectIn(json: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? {...value} : {};
  } catch {
    // Torn at 32 KB, as the service does: the columns beside it still count.
    return {};
  }
}

/** Beyond 2^53, so they are taken from the text. */
function ticksIn(properties: string, name: string): string {
  return new RegExp(`"${name}"\\s*:\\s*"?(\\d{1,19})`).exec(properties)?.[1] ?? '';
}
