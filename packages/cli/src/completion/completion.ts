import {readFileSync} from 'node:fs';
import {script} from '@bomb.sh/tab';
import {Argument, Command} from 'commander';

/** `weir completion SHELL`: the script that lets a shell complete the command's words. */
export function completionCommand(): Command {
  return new Command('completion')
    .summary('print the script with which a shell completes commands and options')
    .description(
      'Prints the script with which a shell completes commands, options, their words and files at the Tab key. Keys of the configuration are offered once their beginning is typed: --join.',
    )
    .addArgument(new Argument('<shell>', 'its name').choices(['bash', 'zsh', 'fish', 'powershell']))
    .addHelpText('after', completionHelp)
    .action((shell: string) => {
      if (shell === 'bash') process.stdout.write(bashScript());
      else script(shell, 'weir', 'weir');
    });
}

/** Our own; ADR-035 says why. */
function bashScript(): string {
  return readFileSync(new URL('weir.bash', import.meta.url), 'utf8');
}

const completionHelp = `
The shell has to find "weir". Where it is only in a repository, a function does:
  weir() { PATH="$HOME/weir/node_modules/.bin:$PATH" command weir "$@"; }

Examples:
  $ source <(npx weir completion bash)             (this shell, or ~/.bashrc)
  $ npx weir completion zsh > "\${fpath[1]}/_weir"
  $ npx weir completion fish > ~/.config/fish/completions/weir.fish
  > npx weir completion powershell | Out-String | Invoke-Expression`;
