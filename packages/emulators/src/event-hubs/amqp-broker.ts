import type {Socket} from 'node:net';
import rhea, {type Connection, type EventContext, type Receiver, type Sender} from 'rhea';
import {parseAddress} from './address.ts';
import {ClientConnection} from './client-connection.ts';
import type {EmulatedHub} from './emulated-hub.ts';
import type {Refusable} from './faults.ts';
import {ReceivingLinks} from './receiving-links.ts';
import {offerMechanisms} from './sasl-mechanisms.ts';
import {MESSAGE_BYTES_MAX, PUBLISH_CREDIT, SendingLinks} from './sending-links.ts';
import {serveRequests, type ServiceOptions} from './service-nodes.ts';
import {entityNotFound, unauthorized, type ServiceError} from './service-error.ts';

/** As the service announces it. */
const FRAME_BYTES_MAX = 64 * 1024;

const PROTOCOL_ERRORS_MAX = 100;

/** Answers what clients open: connections, and links to `$cbs`, `$management`, hubs and partitions. */
export class AmqpBroker {
  readonly receiving: ReceivingLinks;
  /** The newest PROTOCOL_ERRORS_MAX. */
  readonly protocolErrors: unknown[] = [];
  readonly #sending: SendingLinks;
  readonly #options: ServiceOptions;
  readonly #container = rhea.create_container({id: 'weir-event-hubs-emulator', require_sasl: true});
  readonly #clients = new Map<Connection, ClientConnection>();

  constructor(options: ServiceOptions) {
    this.#options = options;
    this.receiving = new ReceivingLinks(options);
    this.#sending = new SendingLinks(options.now);
    offerMechanisms(this.#container.sasl_server_mechanisms);
    this.#container.on('connection_open', (context: EventContext) => this.#connectionOpened(context));
    this.#container.on('sender_open', (context: EventContext) => this.#senderOpened(context));
    this.#container.on('receiver_open', (context: EventContext) => this.#receiverOpened(context));
    this.#container.on('sender_close', ({sender}: EventContext) => sender && this.#senderClosed(sender));
    this.#container.on(
      'receiver_close',
      ({receiver}: EventContext) => receiver && this.#sending.remove(receiver),
    );
    this.#container.on('session_close', ({session}: EventContext) =>
      this.#forgetWhere((link) => link.session === session),
    );
    // The close events say all that matters of these; unheard, the library would write them to the console or throw.
    for (const event of [
      'connection_error',
      'sender_error',
      'receiver_error',
      'session_error',
      'disconnected',
    ]) {
      this.#container.on(event, () => undefined);
    }
    // Thrown while a frame was read or written. The library ends that connection; the emulator lives on.
    for (const event of ['protocol_error', 'error']) {
      this.#container.on(event, (error: unknown) => this.#noteProtocolError(error));
    }
  }

  get connectionCount(): number {
    return this.#clients.size;
  }

  accept(socket: Socket): void {
    const connection = this.#container.create_connection({
      port: 0,
      reconnect: false,
      max_frame_size: FRAME_BYTES_MAX,
      receiver_options: {
        autoaccept: false,
        credit_window: PUBLISH_CREDIT,
        max_message_size: MESSAGE_BYTES_MAX,
      },
    });
    tolerateLateDispositions(connection);
    const client = new ClientConnection(socket, connection);
    this.#clients.set(connection, client);
    socket.once('close', () => this.#gone(connection));
    connection.accept(socket);
    // Behind the library's own listener, so that it knows the size of the frame that it waits for.
    client.limitFrames(connection, FRAME_BYTES_MAX);
  }

  /** Returns how many there are. */
  dropConnections(when: 'now' | 'insideTransfer'): number {
    const clients = [...this.#clients];
    for (const [connection, client] of clients) {
      if (when === 'insideTransfer') client.destroyInsideNextTransfer();
      else {
        client.destroy();
        this.#gone(connection);
      }
    }
    return clients.length;
  }

  closeLinksOf(hub: EmulatedHub, error: ServiceError): void {
    this.receiving.closeWhere((link) => link.terms.hub === hub, error);
    this.#sending.closeWhere((link) => link.hub === hub, error);
  }

  #connectionOpened({connection}: EventContext): void {
    const refusal = this.#options.faults.take('connection');
    if (refusal) connection.close(refusal);
  }

  /** The client reads: events, or answers. */
  #senderOpened({connection, sender}: EventContext): void {
    const client = this.#clients.get(connection);
    if (!client || !sender) return;
    const error = this.#readerRefusal(client, sender);
    if (error) {
      // An attach without a source tells the client that the link is refused; the detach says why.
      sender.close(error);
      return;
    }
    sender.set_source(sender.source);
    sender.set_target(sender.target);
  }

  #readerRefusal(client: ClientConnection, sender: Sender): ServiceError | undefined {
    const entity = sender.source?.address ?? '';
    const address = parseAddress(entity);
    if (address?.kind === 'cbs' || address?.kind === 'management') {
      client.addReplyLink(sender);
      return undefined;
    }
    if (address?.kind !== 'reader') return entityNotFound(entity);
    const hub = this.#options.hub(address.hub);
    const refusal = this.#refusal('receiver', {client, entity, hub});
    if (refusal || !hub) return refusal;
    const {consumerGroup, partitionId} = address;
    return this.receiving.open(sender, {client, hub, consumerGroup, partitionId});
  }

  /** The client sends: events, or requests. */
  #receiverOpened({connection, receiver}: EventContext): void {
    const client = this.#clients.get(connection);
    if (!client || !receiver) return;
    const error = this.#publisherRefusal(client, receiver);
    if (error) {
      receiver.close(error);
      return;
    }
    receiver.set_source(receiver.source);
    receiver.set_target(receiver.target);
  }

  #publisherRefusal(client: ClientConnection, receiver: Receiver): ServiceError | undefined {
    const entity = receiver.target?.address ?? '';
    const address = parseAddress(entity);
    if (address?.kind === 'cbs' || address?.kind === 'management') {
      serveRequests(address.kind, {client, receiver, options: this.#options});
      return undefined;
    }
    if (address?.kind !== 'hub' && address?.kind !== 'partition') return entityNotFound(entity);
    const hub = this.#options.hub(address.hub);
    const refusal = this.#refusal('sender', {client, entity, hub});
    if (refusal || !hub) return refusal;
    const partitionId = address.kind === 'partition' ? address.partitionId : undefined;
    return this.#sending.open({receiver, hub, partitionId});
  }

  #refusal(
    what: Refusable,
    {client, entity, hub}: {client: ClientConnection; entity: string; hub: EmulatedHub | undefined},
  ): ServiceError | undefined {
    const refusal = this.#options.faults.take(what);
    if (refusal) return refusal;
    if (!client.mayAccess(entity, this.#options.now())) return unauthorized(entity);
    return hub ? undefined : entityNotFound(entity);
  }

  #noteProtocolError(error: unknown): void {
    this.protocolErrors.push(error);
    if (this.protocolErrors.length > PROTOCOL_ERRORS_MAX) this.protocolErrors.shift();
  }

  #senderClosed(sender: Sender): void {
    this.receiving.remove(sender);
    this.#clients.get(sender.connection)?.removeReplyLink(sender);
  }

  #gone(connection: Connection): void {
    this.#clients.delete(connection);
    this.#forgetWhere((link) => link.connection === connection);
  }

  #forgetWhere(matches: (link: Sender | Receiver) => boolean): void {
    this.receiving.closeWhere(({sender}) => matches(sender));
    this.#sending.closeWhere(({receiver}) => matches(receiver));
  }
}

/**
 * A client that closes a receiver in the middle of a burst ends the session with dispositions still queued, and these
 * come after the end. The library would end the whole connection over it, and with it the other partitions' links.
 */
function tolerateLateDispositions(connection: Connection): void {
  const frames = connection as unknown as {
    readonly remote_channel_map: Readonly<Record<number, unknown>>;
    on_disposition(frame: {readonly channel: number}): void;
  };
  const heed = frames.on_disposition.bind(connection);
  frames.on_disposition = (frame) => {
    if (frames.remote_channel_map[frame.channel] !== undefined) heed(frame);
  };
}
