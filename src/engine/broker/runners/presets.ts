import type { PresetName } from "../../core/agent-settings.ts";
import { claudeCodeMessage, readClaudeCodeEvent } from "./claude-code-format.ts";
import { readCodexEvent } from "./codex-format.ts";
import { readGeminiEvent } from "./gemini-format.ts";
import type { ReadLine } from "./line-answer.ts";
import { readOpencodeEvent } from "./opencode-format.ts";

/**
 * How a known program is run: `command`, `arguments`, the setting `arguments`, then `fresh` or `resume`. All of them
 * are given the prompt on stdin, so that nothing of it is ever read as an option.
 */
export interface Preset {
  readonly command: readonly string[];
  readonly arguments: readonly string[];
  /** In a session that is new to the program. */
  readonly fresh: readonly string[];
  /** In a session that it named before: `{agent_session}`. */
  readonly resume: readonly string[];
  readonly readLine: ReadLine;
  /** For a turn that an untrusted source is a cause of: tools that only read, and the variables by which it reaches its model. */
  readonly reduced: { readonly arguments: readonly string[]; readonly pass_env: readonly string[]; readonly env?: Readonly<Record<string, string>> };
  /** It can be told more while it works: these arguments are added, and stdin takes such lines, the prompt first. */
  readonly steering?: { readonly arguments: readonly string[]; readonly line: (text: string) => string };
}

export const presets: Readonly<Record<PresetName, Preset>> = {
  /**
   * https://code.claude.com/docs/en/cli-reference, https://code.claude.com/docs/en/headless: `-p` reads the prompt from
   * stdin where none is given; `stream-json` output needs `--verbose`. What it is told in its turn it takes up at the
   * next step, and answers what is left in a turn of its own before it ends at the end of stdin. `--tools` says which of
   * its own tools there are (`--allowedTools` only says which it need not ask for); without `--strict-mcp-config` those of
   * its user's MCP servers would come on top.
   */
  "claude-code": {
    command: ["claude"],
    arguments: ["-p", "--output-format", "stream-json", "--verbose"],
    fresh: [],
    resume: ["--resume", "{agent_session}"],
    readLine: readClaudeCodeEvent,
    reduced: { arguments: ["--tools", "Read,Grep,Glob", "--strict-mcp-config"], pass_env: ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL", "CLAUDE_CODE_OAUTH_TOKEN"] },
    steering: { arguments: ["--input-format", "stream-json"], line: claudeCodeMessage },
  },
  /**
   * https://developers.openai.com/codex/noninteractive, https://github.com/openai/codex (`codex-rs/exec/src/cli.rs`): `-`
   * reads the prompt from stdin; outside a Git repository, as the folder of an agent is, it refuses to run without
   * `--skip-git-repo-check`. `read-only` keeps what it runs from writing and from the network
   * (https://developers.openai.com/codex/agent-approvals-security).
   */
  codex: {
    command: ["codex"],
    arguments: ["exec", "--json", "--skip-git-repo-check"],
    fresh: ["-"],
    resume: ["resume", "{agent_session}", "-"],
    readLine: readCodexEvent,
    reduced: { arguments: ["--sandbox", "read-only"], pass_env: ["CODEX_API_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL"] },
  },
  /**
   * https://geminicli.com/docs/cli/headless, https://geminicli.com/docs/cli/session-management: without a terminal it
   * reads the prompt from stdin, at most 8 MiB of it (https://github.com/google-gemini/gemini-cli/pull/26224). It takes `@path` in a
   * prompt for a file of its folder to include (`packages/cli/src/nonInteractiveCli.ts`). In the approval mode `default` it has no
   * tool that would need an approval; `plan` leaves itself where nobody can be asked.
   */
  gemini: {
    command: ["gemini"],
    arguments: ["--output-format", "stream-json"],
    fresh: [],
    resume: ["--resume", "{agent_session}"],
    readLine: readGeminiEvent,
    reduced: { arguments: ["--approval-mode", "default"], pass_env: ["GEMINI_API_KEY", "GOOGLE_API_KEY"] },
  },
  /**
   * https://opencode.ai/docs/cli, https://github.com/anomalyco/opencode (`packages/opencode/src/cli/cmd/run.ts`): without a
   * message it reads stdin. What it would ask a person to permit is refused. Its agent `plan` may run programs, so its
   * permissions are said one by one (https://opencode.ai/docs/permissions), over all its files of settings.
   */
  opencode: {
    command: ["opencode"],
    arguments: ["run", "--format", "json"],
    fresh: [],
    resume: ["--session", "{agent_session}"],
    readLine: readOpencodeEvent,
    reduced: {
      arguments: [],
      pass_env: ["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY", "OPENROUTER_API_KEY", "OPENCODE_API_KEY"],
      env: { OPENCODE_CONFIG_CONTENT: JSON.stringify({ permission: { "*": "deny", read: "allow", grep: "allow", glob: "allow", list: "allow" } }) },
    },
  },
};
