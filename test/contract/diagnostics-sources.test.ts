import {LogAnalyticsDiagnostics} from '@weir/azure';
import {LogAnalyticsEmulator} from '@weir/emulators';
import {SimulatedLookup} from '../simulation/simulated-lookup.ts';
import {diagnosticsSourceContract, serviceNowMs} from './diagnostics-source-contract.ts';

diagnosticsSourceContract('Log Analytics', async (rows) => {
  const emulator = await LogAnalyticsEmulator.start({now: () => serviceNowMs});
  emulator.ingest(
    rows.map(({requestId, generatedMs, ingestedMs, durationMs}) => ({
      TimeGenerated: new Date(generatedMs).toISOString(),
      Category: 'RequestResponse',
      OperationName: 'ChatCompletions_Create',
      DurationMs: durationMs,
      CorrelationId: requestId,
      properties_s: '{"streamType":"Streaming"}',
      _ingestedAt: new Date(ingestedMs).toISOString(),
    })),
  );
  const source = new LogAnalyticsDiagnostics({
    workspaceId: 'w',
    endpoint: emulator.endpoint,
    now: () => serviceNowMs,
  });
  return {source, close: () => emulator.close()};
});

diagnosticsSourceContract('simulated', (rows) => {
  const lookup = new SimulatedLookup(0);
  for (const {requestId, generatedMs, ingestedMs, durationMs} of rows) {
    const row = {
      requestId,
      timeGeneratedMs: generatedMs,
      durationMs,
      streamType: 'streaming',
      model: '',
      modelVersion: '',
      principal: '',
      region: 'unknown',
    } as const;
    lookup.store({row, ingestedMs, visibleMs: ingestedMs});
  }
  const stopIfFired = (signal: AbortSignal | undefined): void => {
    if (signal?.aborted === true) throw new DOMException('The operation was aborted.', 'AbortError');
  };
  return {
    source: {
      slice: async (range, signal) => {
        stopIfFired(signal);
        return lookup.slice(range, serviceNowMs);
      },
      byIds: async (query, signal) => {
        stopIfFired(signal);
        return lookup.byIds(query, serviceNowMs);
      },
      serviceNow: async (signal) => {
        stopIfFired(signal);
        return lookup.byIds({ids: [], fromMs: 0, toMs: 0}, serviceNowMs);
      },
    },
    close: async () => {},
  };
});
