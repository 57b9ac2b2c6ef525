import rhea, {type Message} from 'rhea';
import type {ClientConnection} from './client-connection.ts';

/** A request to `$cbs` or `$management`, read from its message. */
export interface ServiceRequest {
  readonly operation: unknown;
  readonly type: unknown;
  readonly name: unknown;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

export interface ServiceAnswer {
  /** As in HTTP. */
  readonly status: number;
  readonly description: string;
  readonly condition?: string;
  readonly body?: unknown;
}

export function requestOf(message: Message): ServiceRequest {
  const properties: Record<string, unknown> = message.application_properties ?? {};
  return {
    operation: properties.operation,
    type: properties.type,
    name: properties.name,
    properties,
    body: message.body,
  };
}

/** Sends the answer to where the request says; a client that has closed that link gets none. */
export function answerRequest(client: ClientConnection, request: Message, answer: ServiceAnswer): void {
  const link = client.replyLink(request.reply_to);
  if (!link) return;
  link.send({
    ...(request.message_id === undefined ? {} : {correlation_id: request.message_id}),
    application_properties: {
      'status-code': rhea.types.wrap_int(answer.status),
      'status-description': answer.description,
      ...(answer.condition === undefined
        ? {}
        : {'error-condition': rhea.types.wrap_symbol(answer.condition)}),
    },
    body: answer.body ?? null,
  });
}
