/**
 * The configuration cannot be used; the process exits with 2 before it touches anything. The message holds one line
 * per problem, the worst first, and never the value of a secret.
 */
export class ConfigurationError extends Error {
  readonly code = 'CONFIGURATION';
  readonly exitCode = 2;
  /** At least one; each names the variable, key or flag to change. */
  readonly problems: readonly string[];

  constructor(problems: readonly [string, ...string[]], options?: ErrorOptions) {
    super(problems.join('\n'), options);
    this.name = 'ConfigurationError';
    this.problems = problems;
  }
}
