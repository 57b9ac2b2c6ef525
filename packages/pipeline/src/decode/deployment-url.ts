/** A longer URL is searched only at its beginning: the path comes before a query of any length. */
const searchedMax = 2_048;
const deploymentPattern = /\/deployments\/([^/?#\s]{1,256})/i;

/** The deployment that a call's URL names, `…/deployments/{name}/…`; undefined when it names none. */
export function deploymentOfUrl(url: unknown): string | undefined {
  if (typeof url !== 'string') return undefined;
  const name = deploymentPattern.exec(url.slice(0, searchedMax))?.[1];
  return name?.includes('%') ? decoded(name) : name;
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    // Not percent-encoded after all: then it stands there as it is called.
    return name;
  }
}
