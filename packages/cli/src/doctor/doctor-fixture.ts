import {startStack, type Stack} from '@weir/emulators';
import {usableConfig} from '@weir/worker';
import type {Finding} from './finding.ts';
import {runDoctor} from './run-doctor.ts';

/** For tests: the examination in this process, against the emulators. */

export const hub = 'gateway-logs';

export function stackWith(hubName = hub): Promise<Stack> {
  return startStack({hub: hubName, partitionCount: 4});
}

export interface Circumstances {
  /** Over those of the stack; an empty text takes one away. */
  readonly env?: Readonly<Record<string, string>>;
  /** How far the local clock is ahead, ms. */
  readonly aheadMs?: number;
}

export async function examined(stack: Stack, {env, aheadMs = 0}: Circumstances = {}): Promise<Finding[]> {
  const usable = usableConfig({env: {...stack.variables, ...env}});
  const {config} = usable;
  return runDoctor({
    usable,
    config,
    lookingGroup: config.eventHubs.consumerGroup,
    identity: () => ({getToken: () => Promise.reject(new Error('There is no identity in tests.'))}),
    now: () => Date.now() + aheadMs,
  });
}

/** Findings of one check that are worth a line. */
export function troublesOf(findings: readonly Finding[], check?: string): Finding[] {
  return findings.filter(
    (finding) =>
      (finding.severity === 'warning' || finding.severity === 'problem') &&
      (check === undefined || finding.check === check),
  );
}

/** An event as the gateway policy sends it, unless something is left out. */
export function gatewayEvent(
  fields: Readonly<Record<string, unknown>> = {},
  enqueuedTimeMs?: number,
): {body: Buffer; enqueuedTimeMs?: number} {
  const body = Buffer.from(
    JSON.stringify({
      schemaVersion: 1,
      requestId: crypto.randomUUID(),
      timestamp: new Date(enqueuedTimeMs ?? Date.now()).toISOString(),
      status: 200,
      headers: {'x-ms-region': 'East US'},
      usage: {prompt_tokens: 3, completion_tokens: 4, total_tokens: 7},
      ...fields,
    }),
  );
  return {body, ...(enqueuedTimeMs !== undefined && {enqueuedTimeMs})};
}
