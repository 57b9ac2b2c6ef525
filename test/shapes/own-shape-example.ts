/** The example of docs/gateways.md: a shape in YAML, an event of it, and what is read. */
export const ownShapes = `shapes:
  - name: contoso-proxy
    description: Our own proxy, since 2023.
    recognise:
      has: [callId, answer.headers]
      equals: {kind: llm-call, version: 2}
    fields:
      requestId:
        - answer.headers.apim-request-id
        - attempts[0].id
      eventTime: at
      region: answer.headers.x-ms-region
      deploymentUrl: url
      model: answer.model
      consumer: app
      consumerKey: key
      status: answer.status
      stream: streamed
      usage: answer.usage
      remainingTokens: answer.headers.x-ratelimit-remaining-tokens
    time: {format: 'dd.MM.yyyy HH:mm:ss', offset: '+02:00'}
    absent: [n/a]
`;

export const ownEvent = {
  kind: 'llm-call',
  version: 2,
  callId: 'c-1',
  at: '17.05.2024 15:15:00',
  url: '/openai/deployments/chat/chat/completions?api-version=2024-02-01',
  app: 'n/a',
  key: 'a-secret-key',
  streamed: false,
  answer: {
    status: 200,
    model: 'gpt-4o',
    usage: {prompt_tokens: 9, completion_tokens: 3, total_tokens: 12},
    headers: {'apim-request-id': '3F6E2A10-0000-4000-8000-0000000000AA', 'x-ms-region': 'East US 2'},
  },
};
