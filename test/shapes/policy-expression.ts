/**
 * What can be checked of a policy expression without a C# compiler: that its brackets and texts are closed, that it uses only
 * members that API Management documents, and that it ends with a return.
 */

/** https://learn.microsoft.com/azure/api-management/api-management-policy-expressions#ref-context-variables */
const documentedMembers: ReadonlySet<string> = new Set([
  'context.Elapsed',
  'context.Operation.Id',
  'context.Product.Id',
  'context.Request.Headers',
  'context.Request.MatchedParameters',
  'context.Request.Url.Host',
  'context.RequestId',
  'context.Response',
  'context.Response.Headers',
  'context.Response.StatusCode',
  'context.Subscription.Id',
  'context.Timestamp',
  'context.Variables',
]);

/** https://learn.microsoft.com/azure/api-management/api-management-policy-expressions#net-framework-types-allowed-in-policy-expressions */
const allowedTypes: ReadonlySet<string> = new Set([
  'Exception',
  'JObject',
  'JProperty',
  'Newtonsoft.Json.Formatting.None',
  'TimeSpan',
]);

const closing: Readonly<Record<string, string>> = {'(': ')', '[': ']', '{': '}'};

/** The problems of one expression, `@(…)` or `@{…}`; none when all that can be checked is right. */
export function expressionProblems(expression: string): string[] {
  const code = withoutTexts(expression);
  if (code === undefined) return ['a text or character without end'];
  const problems = bracketProblems(code);
  const isBlock = code.startsWith('@{');
  if (!isBlock && !code.startsWith('@(')) problems.push('neither @( nor @{');
  if (isBlock && !/\breturn\b[^;]*;\s*\}$/.test(code)) problems.push('no return at the end');
  for (const [member] of code.matchAll(/\bcontext(?:\??\.\w+)+/g)) {
    const path = member
      .replaceAll('?', '')
      .replace(/\.(?:GetValueOrDefault|ContainsKey|ToString|TotalMilliseconds)$/, '');
    if (!documentedMembers.has(path)) problems.push(`${member} is not documented`);
  }
  for (const [type] of code.matchAll(/(?<![\w.])[A-Z]\w*(?:\.\w+)*/g)) {
    if (!allowedTypes.has(type)) problems.push(`${type} is not an allowed type`);
  }
  return problems;
}

/** Names of the properties that a `new JObject(new JProperty("…", …), …)` has, in their order. */
export function propertyNames(expression: string): string[] {
  return [...expression.matchAll(/new JProperty\("(\w+)"/g)].map(([, name]) => name!);
}

/** The code with empty texts in place of what they hold. Undefined where one is not closed in its line. */
function withoutTexts(expression: string): string | undefined {
  const code = expression.replaceAll(/"(?:[^"\\\n]|\\.)*"/g, '""');
  return code.replaceAll('""', '').includes('"') ? undefined : code;
}

function bracketProblems(code: string): string[] {
  const open: string[] = [];
  for (const sign of code) {
    if (closing[sign] !== undefined) open.push(closing[sign]);
    else if (Object.values(closing).includes(sign) && open.pop() !== sign) return [`${sign} closes nothing`];
  }
  return open.length === 0 ? [] : [`${open.at(-1)} is missing`];
}
