import * as z from 'zod';
import {eventHubsConnection} from './endpoints.ts';
import {optionalSetting, setting} from './setting.ts';
import {nameLike, oneOf} from './values.ts';

/** Where the gateway's events come from. The namespace may be a bare name; the cloud completes it. */
export const eventHubsSettings = z.object({
  connectionString: optionalSetting(eventHubsConnection(), {
    variable: 'EVENT_HUBS_CONNECTION_STRING',
    secret: true,
    about:
      'Connection string with the right to listen. `EntityPath` is optional and must equal the hub’s name.',
    fallback: 'Entra identity',
  }),
  namespace: optionalSetting(
    nameLike(/^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(?::\d{1,5})?$/, {
      bounds: 'host name, or its first part',
      example: 'contoso.servicebus.windows.net',
    }),
    {
      variable: 'EVENT_HUBS_NAMESPACE',
      about:
        'Namespace that is read with the Entra identity of the process, where there is no connection string.',
      fallback: 'from the connection string',
    },
  ),
  hub: optionalSetting(
    nameLike(/^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,254}[A-Za-z0-9])?$/, {
      bounds: 'letters, digits, `.`, `-`, `_`; 1 to 256',
      example: 'gateway-events',
    }),
    {
      variable: 'EVENT_HUB_NAME',
      about: 'Name of the hub. Needed unless the connection string has an `EntityPath`.',
      fallback: '`EntityPath`',
    },
  ),
  consumerGroup: setting(
    nameLike(/^[$A-Za-z0-9](?:[A-Za-z0-9._-]{0,49})$/, {
      bounds: 'letters, digits, `.`, `-`, `_`; 1 to 50',
      example: '$Default',
    }),
    {
      variable: 'EVENT_HUBS_CONSUMER_GROUP',
      fallback: '$Default',
      about: 'Consumer group. Give Weir one of its own; each group has journals of its own.',
    },
  ),
  transport: setting(oneOf('amqp', 'websockets'), {
    variable: 'EVENT_HUBS_TRANSPORT',
    fallback: 'amqp',
    about: '`amqp` is AMQP on port 5671; `websockets` goes over 443 and honours `HTTPS_PROXY`.',
  }),
});
