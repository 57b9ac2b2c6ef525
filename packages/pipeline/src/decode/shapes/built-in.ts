import type {Shape} from '../shape.ts';
import {aiHubHourlyUsageShape} from './ai-hub-hourly-usage.ts';
import {aiHubPiiShape} from './ai-hub-pii.ts';
import {aiHubUsageShape} from './ai-hub-usage.ts';
import {aiPolicyEngineShape} from './ai-policy-engine.ts';
import {apimAuditTrailShape} from './apim-audit-trail.ts';
import {apimChargebackShape} from './apim-chargeback.ts';
import {apimMultiappLoggingShape} from './apim-multiapp-logging.ts';
import {enterpriseLoggingShape} from './enterprise-logging.ts';
import {genaiToolkitShape} from './genai-toolkit.ts';
import {openaiApimLoggingShape} from './openai-apim-logging.ts';
import {openaiLogHelperProxyShape} from './openai-log-helper-proxy.ts';
import {openaiLoggerShape} from './openai-logger.ts';
import {simpleL7ProxyShape} from './simple-l7-proxy.ts';
import {sseProxyShape} from './sse-proxy.ts';
import {weirShape} from './weir.ts';
import {workloadShape} from './workload.ts';

/**
 * The shapes that need no configuration. The first two are the ones that busy hubs carry; otherwise the order decides only
 * between objects that two of them would take.
 */
export const builtInShapes: readonly Shape[] = [
  weirShape,
  workloadShape,
  // Those whose events hold a key come before any that could show it.
  apimChargebackShape,
  apimMultiappLoggingShape,
  openaiLoggerShape,
  openaiLogHelperProxyShape,
  genaiToolkitShape,
  // Sums have the fields of a usage record.
  aiHubHourlyUsageShape,
  aiHubUsageShape,
  aiHubPiiShape,
  enterpriseLoggingShape,
  openaiApimLoggingShape,
  sseProxyShape,
  simpleL7ProxyShape,
  apimAuditTrailShape,
  aiPolicyEngineShape,
];
