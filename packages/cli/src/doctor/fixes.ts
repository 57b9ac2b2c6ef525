import type {Principal} from './identity-check.ts';

/** Commands that mend things, complete but for what only their reader knows, in `<…>`. */

/**
 * @param scope an `az` command that prints the resource's id
 * Roles: https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
 */
export function roleCommand(role: string, principal: Principal | undefined, scope: string): string {
  const type = principal?.type ?? 'ServicePrincipal';
  return (
    `az role assignment create --role "${role}" --assignee-object-id ${principal?.objectId ?? '<object id>'} ` +
    `--assignee-principal-type ${type} --scope "$(${scope})"`
  );
}

export function namespaceScope(namespace: string): string {
  return `az eventhubs namespace list --query "[?name=='${namespace}'].id" --output tsv`;
}

export function storageScope(account: string): string {
  return `az storage account show --name ${account} --query id --output tsv`;
}

export function workspaceScope(workspaceId: string): string {
  return `az monitor log-analytics workspace list --query "[?customerId=='${workspaceId}'].id" --output tsv`;
}

export function cosmosRoleCommand(account: string, principal: Principal | undefined): string {
  return (
    `az cosmosdb sql role assignment create --account-name ${account} --resource-group <group> --scope / ` +
    `--principal-id ${principal?.objectId ?? '<object id>'} --role-definition-name "Cosmos DB Built-in Data Contributor"`
  );
}

/** Without `--resource-group`, which only their reader knows. */
export function hubPlace(namespace: string, hub: string): string {
  return `--resource-group <group> --namespace-name ${namespace} --eventhub-name ${hub}`;
}
