import type {CosmosLook, DefinedContainer} from '@weir/azure';
import type {Look} from './examination.ts';
import {cosmosRoleCommand} from './fixes.ts';
import type {Principal} from './identity-check.ts';
import {resourceName, type Subject} from './subject.ts';

/** @returns whether documents can be kept in it */
export function sayContainer(
  {say}: Look,
  {container, subject}: {container: DefinedContainer; subject: Subject},
): boolean {
  const {name, partitionKey, defaultTtl, needsTtl, indexedInVain, notIndexed, commands} = container;
  if (partitionKey.join() !== '/pk') {
    say({
      severity: 'problem',
      found: `The container ${name} has the partition key ${partitionKey.join(', ')}; it must be /pk, and cannot be changed.`,
      consequence: 'The worker ends at start.',
      fix: `Name another container (COSMOS_CONTAINER), or delete this one and:\n${completed(commands.create, subject)}`,
    });
    return false;
  }
  const warnings: {found: string; consequence: string; fix: string}[] = [];
  if (needsTtl && defaultTtl === undefined) {
    warnings.push({
      found: `The container ${name} has no default TTL.`,
      consequence: 'Documents are kept for ever, whatever their retention.',
      fix: completed(commands.ttl, subject),
    });
  }
  if (indexedInVain.length > 0) {
    warnings.push({
      found: `The container ${name} indexes ${indexedInVain.slice(0, 3).join(', ')} as well.`,
      consequence: 'Each indexed path that no report filters on makes every write dearer.',
      fix: completed(commands.index, subject),
    });
  }
  if (notIndexed.length > 0) {
    warnings.push({
      found: `The container ${name} does not index ${notIndexed.join(', ')}.`,
      consequence: 'Reports that filter on them read every document, and cost as much.',
      fix: completed(commands.index, subject),
    });
  }
  for (const warning of warnings) say({severity: 'warning', ...warning});
  if (warnings.length === 0) {
    const expiry = needsTtl ? ', documents expire by their own ttl' : '';
    say({severity: 'ok', found: `${name}: partition key /pk, index as it should be${expiry}.`});
  }
  return true;
}

/** What an answer without a value means. */
export function sayNoAnswer(
  {say}: Look,
  {
    answer,
    subject,
    principal,
    whatFor,
  }: {
    answer: Exclude<CosmosLook<never>, {kind: 'found'}>;
    subject: Subject;
    principal: Principal | undefined;
    whatFor: string;
  },
): void {
  const account = accountOf(subject);
  const consequence = 'The worker ends at start.';
  switch (answer.kind) {
    case 'wrong credential':
      say({
        severity: 'problem',
        found: `Cosmos DB answered ${answer.cause} for ${whatFor}: COSMOS_KEY is no key of this account, or it takes none.`,
        consequence,
        fix: `COSMOS_KEY: leave it out to use the Entra identity, or take what this prints:\naz cosmosdb keys list --name ${account} --resource-group <group> --query primaryMasterKey --output tsv`,
      });
      return;
    case 'forbidden':
      say({
        severity: 'problem',
        found: `Cosmos DB answered ${answer.cause} for ${whatFor}: a role is missing, or a firewall rule keeps this address out.`,
        consequence,
        fix: cosmosRoleCommand(account, principal),
      });
      return;
    case 'missing':
      say({severity: 'problem', found: 'COSMOS_ENDPOINT is no Cosmos DB account.', consequence});
      return;
    case 'unavailable':
      say({severity: 'problem', found: `Cosmos DB gives no usable answer (${answer.cause}).`, consequence});
  }
}

/** With the account's name, which the definition does not know. */
export function completed(command: string, subject: Subject): string {
  return command.replace('<account>', accountOf(subject));
}

export function accountOf({config}: Subject): string {
  return resourceName(new URL(config.cosmos.endpoint).hostname);
}
