/** The Azure clouds with a query service; https://learn.microsoft.com/azure/azure-monitor/logs/api/access-api */
export type LogAnalyticsCloud = 'public' | 'usgov' | 'china';

/** Host of each cloud, which is also the audience of its tokens. */
const cloudEndpoints: Readonly<Record<LogAnalyticsCloud, string>> = {
  public: 'https://api.loganalytics.io',
  usgov: 'https://api.loganalytics.us',
  china: 'https://api.loganalytics.azure.cn',
};

const loopbackHosts: readonly string[] = ['127.0.0.1', 'localhost', '[::1]'];

/** A setting that can never work; start-up ends with its message, which names the variable. */
export class LogAnalyticsSettingError extends Error {
  readonly code = 'LOG_ANALYTICS_SETTING';

  constructor(message: string) {
    super(message);
    this.name = 'LogAnalyticsSettingError';
  }
}

/** Where queries go. `loopback` sends no token, so a token can never leave over plain http. */
export interface QueryTarget {
  readonly url: string;
  readonly audience: string;
  readonly security: 'https' | 'loopback';
}

/** Checks the endpoint, or takes the cloud's own. Throws `LogAnalyticsSettingError`. */
export function queryTarget({
  cloud,
  endpoint,
}: {
  cloud: LogAnalyticsCloud;
  endpoint?: string | undefined;
}): QueryTarget {
  const audience = cloudEndpoints[cloud];
  const text = endpoint ?? audience;
  if (!URL.canParse(text)) throw new LogAnalyticsSettingError('LOG_ANALYTICS_ENDPOINT is no URL.');
  const {origin, protocol, hostname, pathname, search, username} = new URL(text);
  if (pathname !== '/' || search !== '' || username !== '') {
    throw new LogAnalyticsSettingError(
      'LOG_ANALYTICS_ENDPOINT must be scheme and host only, without a path.',
    );
  }
  if (protocol === 'https:') return {url: origin, audience, security: 'https'};
  if (protocol === 'http:' && loopbackHosts.includes(hostname)) {
    return {url: origin, audience, security: 'loopback'};
  }
  throw new LogAnalyticsSettingError(
    'LOG_ANALYTICS_ENDPOINT must be https; http is for loopback hosts only.',
  );
}

/** The most workspaces of one query; https://learn.microsoft.com/azure/azure-monitor/logs/cross-workspace-query */
export const workspacesMax = 100;

/** Splits the comma list of workspace ids. Throws `LogAnalyticsSettingError` for an empty or unreadable one. */
export function workspaceIds(list: string): {first: string; others: string[]} {
  const ids = list.split(',').map((id) => id.trim());
  const [first, ...others] = new Set(ids);
  const readable = ids.every((id) => /^[0-9A-Za-z-]{1,128}$/.test(id));
  if (first === undefined || !readable || others.length >= workspacesMax) {
    throw new LogAnalyticsSettingError(
      `LOG_ANALYTICS_WORKSPACE_ID must be 1 to ${workspacesMax} workspace ids, separated by commas.`,
    );
  }
  return {first, others};
}
