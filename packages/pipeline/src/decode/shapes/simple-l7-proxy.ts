import {deploymentOfUrl} from '../deployment-url.ts';
import {readRecord} from '../event-record.ts';
import {isAbsent} from '../fields.ts';
import type {DecodedRecord} from '../gateway-event.ts';
import {headerOf, lastHeaderValue} from '../headers.ts';
import {MissingFields} from '../missing-fields.ts';
import type {JsonObject, Shape} from '../shape.ts';
import {noTokens, reportedTokens} from '../tokens.ts';
import type {Tokens} from '../tokens.ts';

const name = 'simple-l7-proxy';

/**
 * microsoft/SimpleL7Proxy: one flat map of texts per call. Response headers are in it as `Response-{header}`, those that its
 * configuration names; without `apim-request-id` and `x-ms-region` among them its events count, but join nothing. `N/A` is
 * how it writes that there is nothing. `Attempt-{i}-…` keys, latencies and hosts are not read.
 */
export const simpleL7ProxyShape: Shape = {
  name,
  description:
    'microsoft/SimpleL7Proxy: one flat map of texts per call, with the response headers it is told to log.',
  tells: 'calls',
  lacks: ['model', 'consumer', 'product', 'stream', 'cachedTokens', 'reasoningTokens'],
  requiredKeys: ['Url', 'StatusCode', 'Backend-Host', 'Attempts', 'Total-Latency'],
  recognise,
  read,
};

/** One of two keys of its own, and one more key: some are absent when no backend was reached. */
function recognise(object: JsonObject): boolean {
  const hasHost = object['Backend-Host'] !== undefined;
  const hasLatency = object['Total-Latency'] !== undefined;
  if (!hasHost && !hasLatency) return false;
  return (hasHost && hasLatency) || object['Url'] !== undefined || object['Attempts'] !== undefined;
}

function read(object: JsonObject, enqueuedTimeMs: number): DecodedRecord {
  const missing = new MissingFields();
  return readRecord(
    {
      requestId: lastHeaderValue(header(object, 'response-apim-request-id')),
      // When the proxy took the request in; not in every version.
      time: present(object['EnqueueTime']),
      status: present(object['StatusCode']),
      region: header(object, 'response-x-ms-region'),
      deployment: deploymentOfUrl(object['Url']),
      tokens: readTokens(object, missing),
      remainingRequests: header(object, 'response-x-ratelimit-remaining-requests'),
      remainingTokens: header(object, 'response-x-ratelimit-remaining-tokens'),
    },
    {shape: name, enqueuedTimeMs, missing},
  );
}

/** Three zeros are what it writes for a stream without usage, and counts beside an error are of an unread answer. */
function readTokens(object: JsonObject, missing: MissingFields): Tokens {
  if (!isAbsent(object['Usage.ParseError'])) {
    missing.add('usage');
    return noTokens;
  }
  const tokens = reportedTokens(
    {
      prompt: present(object['Usage.Prompt_Tokens']),
      completion: present(object['Usage.Completion_Tokens']),
      total: present(object['Usage.Total_Tokens']),
    },
    missing,
  );
  const isNothing = tokens.promptTokens === 0 && tokens.completionTokens === 0 && tokens.totalTokens === 0;
  return isNothing ? noTokens : tokens;
}

function header(object: JsonObject, key: string): unknown {
  return present(headerOf(object, key));
}

function present(value: unknown): unknown {
  return value === 'N/A' ? undefined : value;
}
