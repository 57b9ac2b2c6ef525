import {once} from 'node:events';
import {createRequire} from 'node:module';
import {connect} from 'node:net';
import rhea, {type Connection, type EventContext, type Message} from 'rhea';
import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {EventHubsEmulator} from './event-hubs-emulator.ts';
import {signSasToken} from './sas.ts';
import {SELECTOR_FILTER} from './selector-filter.ts';

/** A client of its own that speaks AMQP without the SDK, for what the SDK never does. */
const HUB = 'gateway';
const IN_P0 = {hub: HUB, partitionId: '0'};
const READER = `${HUB}/ConsumerGroups/$Default/Partitions/0`;
const POLICY = {keyName: 'RootManageSharedAccessKey', key: 'secret'};
const SELECTOR_DESCRIPTOR = 0x468c00000004;

let emulator: EventHubsEmulator;
let connection: Connection;

beforeEach(async () => {
  emulator = await EventHubsEmulator.start({key: POLICY.key, hubs: [{name: HUB, partitionCount: 1}]});
  const {port} = emulator;
  const container = rhea.create_container();
  connection = container.connect({host: '127.0.0.1', port, username: 'any', reconnect: false});
  connection.on('disconnected', () => undefined);
  await once(connection, 'connection_open');
});

afterEach(async () => {
  connection.close();
  await emulator.close();
});

async function putToken(audience: string, token: string): Promise<Message> {
  const replies = connection.open_receiver({name: 'cbs-reply', source: '$cbs', target: 'cbs-reply'});
  await once(replies, 'receiver_open');
  const requests = connection.open_sender('$cbs');
  await once(requests, 'sendable');
  requests.send({
    message_id: 'one',
    reply_to: 'cbs-reply',
    application_properties: {operation: 'put-token', type: 'servicebus.windows.net:sastoken', name: audience},
    body: token,
  });
  const [{message}]: [EventContext] = await onceContext(replies, 'message');
  if (!message) throw new Error('the answer is a message');
  return message;
}

async function authorize(): Promise<void> {
  const audience = `sb://127.0.0.1/${HUB}`;
  const answer = await putToken(
    audience,
    signSasToken(audience, {...POLICY, expiresAtMs: Date.now() + 60_000}),
  );
  expect(answer.application_properties).toMatchObject({'status-code': 202});
}

async function onceContext(link: NodeJS.EventEmitter, event: string): Promise<[EventContext]> {
  return new Promise((resolve) => link.once(event, (context: EventContext) => resolve([context])));
}

function openReader(options: {filter: string; snd_settle_mode?: 1}): {messages: Message[]} {
  const {filter, ...rest} = options;
  const reader = connection.open_receiver({
    ...rest,
    credit_window: 10,
    source: {
      address: READER,
      filter: {[SELECTOR_FILTER]: rhea.types.wrap_described(filter, SELECTOR_DESCRIPTOR)},
    },
  });
  const messages: Message[] = [];
  reader.on('message', ({message}: EventContext) => message && messages.push(message));
  return {messages};
}

test('a single message keeps its sections, properties and own annotations', async () => {
  await authorize();
  const sender = connection.open_sender(`${HUB}/Partitions/0`);
  await once(sender, 'sendable');
  sender.send({
    subject: 'greeting',
    application_properties: {n: 5, text: 'a'},
    message_annotations: {'x-opt-partition-key': 'key', 'x-custom': 1},
    body: rhea.message.data_section(Buffer.from('hello')),
  });
  await once(sender, 'accepted');
  const {messages} = openReader({filter: "amqp.annotation.x-opt-offset > '-1'"});
  await vi.waitFor(() => expect(messages).toHaveLength(1), {interval: 5});
  expect(messages[0]).toMatchObject({
    subject: 'greeting',
    application_properties: {n: 5, text: 'a'},
    message_annotations: {'x-opt-partition-key': 'key', 'x-custom': 1, 'x-opt-sequence-number': 0},
    body: {typecode: 0x75, content: Buffer.from('hello')},
  });
});

test('a reader may ask for deliveries that are settled as they are sent', async () => {
  await authorize();
  emulator.append({...IN_P0, events: Array.from({length: 25}, () => ({body: Buffer.from('x')}))});
  const {messages} = openReader({filter: "amqp.annotation.x-opt-offset > '-1'", snd_settle_mode: 1});
  await vi.waitFor(() => expect(messages).toHaveLength(25), {interval: 5});
  expect(emulator.receivingLinks()).toMatchObject([{deliveredEvents: 25, unsettledEvents: 0}]);
});

test.each<[string, string, string]>([
  ['an invalid filter', "amqp.annotation.x-opt-colour > '1'", 'amqp:invalid-field'],
  ['an unknown offset', "amqp.annotation.x-opt-offset > '0:1'", 'com.microsoft:argument-error'],
])('a reader with %s is refused', async (_what, filter, condition) => {
  await authorize();
  openReader({filter});
  const [{receiver}] = await onceContext(connection, 'receiver_error');
  expect(receiver?.error).toMatchObject({condition});
  // The answer names no source: the link was never there.
  expect(receiver?.source).toMatchObject({value: null});
});

test('without a claim neither reading nor publishing is allowed', async () => {
  openReader({filter: "amqp.annotation.x-opt-offset > '-1'"});
  const [{receiver}] = await onceContext(connection, 'receiver_error');
  expect(receiver?.error).toMatchObject({condition: 'amqp:unauthorized-access'});
  connection.open_sender(HUB);
  const [{sender}] = await onceContext(connection, 'sender_error');
  expect(sender?.error).toMatchObject({condition: 'amqp:unauthorized-access'});
});

test('a token for one entity gives no claim on another', async () => {
  const token = signSasToken('sb://127.0.0.1/other', {...POLICY, expiresAtMs: Date.now() + 60_000});
  const answer = await putToken(`sb://127.0.0.1/${HUB}`, token);
  expect(answer.application_properties).toMatchObject({'status-code': 401});
});

test('bytes that are no batch are rejected, and the link goes on', async () => {
  await authorize();
  const sender = connection.open_sender(HUB);
  await once(sender, 'sendable');
  sender.send(Buffer.from('not a message'), 'one', 0x80013700);
  const [{delivery}] = await onceContext(sender, 'rejected');
  expect(delivery?.remote_state?.error).toMatchObject({condition: 'amqp:decode-error'});
  sender.send({body: 'fine'});
  await once(sender, 'accepted');
  expect(emulator.facts(HUB, '0').heldEvents).toBe(1);
});

test('bytes that are no AMQP end that connection only', async () => {
  const socket = connect(emulator.port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\n\r\n');
  await once(socket, 'close');
  expect(emulator.protocolErrors).toHaveLength(1);
  expect(connection.is_open()).toBe(true);
});

test('a disposition that comes after its session has ended does not end the connection', async () => {
  await authorize();
  const session = connection.create_session();
  session.begin();
  await once(session, 'session_open');
  session.close();
  await once(session, 'session_close');
  // What a client has queued when it ends a session goes out behind the end.
  const frames = createRequire(import.meta.url)('rhea/lib/frames.js') as {
    disposition(fields: {role: boolean; first: number; settled: boolean}): unknown;
  };
  const raw = session as unknown as {output(frame: unknown): void};
  raw.output(frames.disposition({role: true, first: 0, settled: true}));
  // Answered after the disposition was read, on the same connection.
  const next = connection.open_receiver({source: READER, autoaccept: false, credit_window: 0});
  await once(next, 'receiver_open');
  expect(emulator.protocolErrors).toEqual([]);
  expect(connection.is_open()).toBe(true);
});
