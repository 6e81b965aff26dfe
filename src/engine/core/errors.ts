/**
 * The one error class of nexus. Match on `code`, never on the class: a Worker or process boundary loses the class.
 *
 * Every code stands in one table with its exit code (contract section 7) and what `nexus explain CODE` says.
 */

export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  notPermitted: 4,
  conflict: 5,
  findings: 6,
  unavailable: 7,
  timedOut: 8,
  bug: 70,
  interrupted: 130,
} as const;

interface CodeFacts {
  readonly exit: number;
  readonly retryable?: true;
  /** What it means and what to do, for `nexus explain`. */
  readonly explain: string;
}

const codes = {
  USAGE: { exit: EXIT.usage, explain: "The command line is wrong: an unknown command or option, or a value of the wrong form. Run the command with --help." },
  CONFIG_INVALID: { exit: EXIT.usage, explain: "config.toml has an unknown key or a value of the wrong type. The message names the key and the nearest valid one." },
  HOME_NOT_WRITABLE: { exit: EXIT.notPermitted, explain: "The nexus home (NEXUS_HOME, --home, default ~/nexus) cannot be created or written. Fix its owner and mode, or choose another home." },
  DATABASE_NEWER: { exit: EXIT.conflict, explain: "The database was written by a newer nexus. It was not touched. Use that version or newer." },
  DATABASE_CORRUPT: { exit: EXIT.bug, explain: "state/nexus.db is not a healthy SQLite database. It was not touched. Restore a backup, or move the file away to start anew." },
  DATABASE_FOREIGN: { exit: EXIT.conflict, explain: "state/nexus.db is a SQLite database of another program. It was not touched. Choose another home." },
  DATABASE_BUSY: { exit: EXIT.unavailable, retryable: true, explain: "Another process held the database's write lock for longer than the busy timeout. Nothing was changed; try again." },
  DATABASE_FULL: { exit: EXIT.unavailable, retryable: true, explain: "The disk, or the database's size limit, is full. Nothing was changed; free space and try again." },
  DATABASE_IO: { exit: EXIT.unavailable, retryable: true, explain: "The operating system refused to read or write the database's files. What was asked for was not acknowledged. A running daemon reopens the database and goes on; after 3 such failures in 60 seconds it ends." },
  DATABASE_LOST: { exit: EXIT.bug, explain: "After a failed write the database no longer holds what it had acknowledged: the disk, or what stands behind it, lies. The daemon ends rather than go on. Check the disk, then restore a backup." },
  DAEMON_DEGRADED: { exit: EXIT.unavailable, retryable: true, explain: "The daemon is reopening its database after a failure and takes no events meanwhile. Nothing was stored; try again. `nexus status` says what happened." },
  DAEMON_UNREACHABLE: { exit: EXIT.unavailable, retryable: true, explain: "A daemon runs on this home and did not answer: it ended or was stopped meanwhile, or does not get to it. Nothing was recorded. Try again; `nexus status` says how it fares." },
  ROUTE_UNKNOWN: { exit: EXIT.notFound, explain: "The daemon's HTTP interface has no such path. docs/api.md lists them; a newer command may ask an older daemon for one that it does not have yet." },
  METHOD_NOT_ALLOWED: { exit: EXIT.usage, explain: "The path exists for another HTTP method; the message and the header `Allow` name it." },
  REQUEST_INVALID: { exit: EXIT.usage, explain: "The body of a request to the daemon is not JSON, or has a missing, unknown or wrongly typed field. Nothing was done." },
  REQUEST_TOO_LARGE: { exit: EXIT.findings, explain: "The body of a request to the daemon is larger than its path allows; the message has the limit. Nothing was done." },
  REQUEST_TIMEOUT: { exit: EXIT.timedOut, retryable: true, explain: "The daemon did not come to an answer within the deadline of the request. Nothing was recorded." },
  DAEMON_FAILED: { exit: EXIT.bug, explain: "The daemon could not go on; the message names the code of what was wrong (`nexus explain` it). Nothing that was acknowledged is lost, unless that code says so." },
  DAEMON_SUPERSEDED: { exit: EXIT.conflict, explain: "Another daemon has started on this home, so this one has lost its rights and ends. That needs a file system whose locks do not work; do not put a home on one." },
  QUEUE_FULL: { exit: EXIT.unavailable, retryable: true, explain: "More events wait than events.max_waiting allows, or one source has more than its share of them. Nothing was stored; try again later, or start `nexus serve` if it is not running. In an answer of the daemon's HTTP interface: it has as many requests as it takes at once; try again." },
  LOOP_STOPPED: { exit: EXIT.conflict, explain: "The chain of causes this event would belong to has used up its budget (events.max_chain), so it was not stored. A hook or an agent answers its own answers; `nexus events show` follows cause_id." },
  DAEMON_RUNNING: { exit: EXIT.conflict, explain: "Another `nexus serve` owns this home. The message names its process. Only one daemon may own a home." },
  BACKUP_EXISTS: { exit: EXIT.conflict, explain: "A file of that name is there already. Choose another name, or replace it with --force." },
  BACKUP_INVALID: { exit: EXIT.findings, explain: "The file is no whole backup of a nexus database: it was cut off or changed after it was made, or is something else. Nothing was changed; use another one." },
  SANDBOX_UNAVAILABLE: { exit: EXIT.notPermitted, explain: 'config.toml asks for isolation = "sandbox", and no sandbox works on this machine. The message says what was tried and why each failed. Nothing was run.' },
  HOOK_NOT_FOUND: { exit: EXIT.notFound, explain: "No hook has that slug, id or id prefix in this home. `nexus hooks list` shows them; a deleted hook needs `nexus hooks restore`." },
  HOOK_AMBIGUOUS: { exit: EXIT.usage, explain: "The prefix fits more than one hook. Give more of the id, or the slug." },
  HOOK_EXISTS: { exit: EXIT.conflict, explain: "A hook of that name exists and its script differs. Use `nexus hooks update NAME SCRIPT`, or `register --upsert`." },
  HOOK_WRONG_STATE: { exit: EXIT.conflict, explain: "The hook is not in a state that allows this (for example restoring a hook that is not deleted)." },
  VERSION_NOT_FOUND: { exit: EXIT.notFound, explain: "The hook has no such version. `nexus hooks versions HOOK` lists them." },
  RETENTION_PASSED: { exit: EXIT.conflict, explain: "The hook was deleted longer ago than the retention period; it can no longer be restored." },
  REF_NOT_FOUND: { exit: EXIT.notFound, explain: "There is no ref of that name. `nexus refs list` shows them." },
  REF_NAME_INVALID: { exit: EXIT.usage, explain: "The name of a ref, a branch or a scope has the wrong form: words separated by single slashes, at most 512 bytes, no control characters. The message says where." },
  REF_BUSY: { exit: EXIT.unavailable, retryable: true, explain: "What the update was planned on was changed by others each time before it could be committed. Nothing was changed; try again." },
  REF_MOVED: { exit: EXIT.conflict, explain: "The ref is not where --expect said it would be: somebody else moved it. Nothing was changed; look at it and decide anew." },
  REF_CYCLE: { exit: EXIT.conflict, explain: "A hook on a ref led, by further updates, back to the same ref. Nothing was changed. `nexus refs hooks list` shows the hooks; break the circle." },
  REF_CASCADE_TOO_DEEP: { exit: EXIT.conflict, explain: "The updates that hooks made went deeper than refs.max_depth, or were more than refs.max_writes. Nothing was changed." },
  REF_HOOK_FAILED: { exit: EXIT.failed, explain: "A hook on the ref failed, so the whole update was undone: ref, history, scopes, audit rows, runs and webhooks. The message names the hook and why; `nexus refs hooks show HOOK` shows its executions. --no-hooks updates without hooks." },
  REF_HOOK_NOT_FOUND: { exit: EXIT.notFound, explain: "No hook on a ref has that id or id prefix. `nexus refs hooks list --all` shows them." },
  REF_HOOK_INVALID: { exit: EXIT.usage, explain: "The configuration of a hook on a ref does not fit its action. The message names the field and what is expected. For a row that was inserted by hand: the update that meets it fails, and says so." },
  REF_HOOK_LIMIT: { exit: EXIT.conflict, explain: "The ref has as many hooks as refs.max_hooks allows. Delete one, or raise the limit." },
  REF_QUEUE_FULL: { exit: EXIT.unavailable, retryable: true, explain: "As many webhooks or runs wait as refs.max_waiting allows, so the update that would add one was refused. Nothing was changed. Start `nexus serve` if it is not running; `nexus runs list` and `nexus refs outbox list` show them." },
  SOURCE_NOT_FOUND: { exit: EXIT.notFound, explain: "No source of that name is held, and no event of one is stored. A source is what stands before the colon of an event's id; `nexus sources list` shows them." },
  SOURCE_NOT_HOLDABLE: { exit: EXIT.conflict, explain: "This source cannot be held: the timer, whose schedules are stopped by disabling their hooks, or one more than the 1 000 that can be held at once. Nothing was changed." },
  PASSAGE_NOT_FOUND: { exit: EXIT.notFound, explain: "There is no passage with that id. `nexus passages list` shows them." },
  PASSAGE_INVALID: { exit: EXIT.usage, explain: "The passage, or the metadata of a ref, is too large or of the wrong form. The message names the limit. Nothing was stored." },
  PASSAGE_EXISTS: { exit: EXIT.conflict, explain: "A script gave a new passage the id of one that is there with another text, type or metadata, and a passage never changes. Nothing was changed." },
  BRANCH_NOT_FOUND: { exit: EXIT.notFound, explain: "There is no branch of that name. `nexus branches list` shows them." },
  BRANCH_EXISTS: { exit: EXIT.conflict, explain: "A branch of that name exists already. Nothing was changed." },
  BRANCH_IS_MAIN: { exit: EXIT.conflict, explain: "A main branch cannot be deleted, and a prefix has one main branch at most." },
  SCOPE_NOT_FOUND: { exit: EXIT.notFound, explain: "There is no scope of that name. `nexus scopes list` shows them." },
  SCOPE_EXISTS: { exit: EXIT.conflict, explain: "A scope of that name exists already. Nothing was changed." },
  SCOPE_IN_USE: { exit: EXIT.conflict, explain: "An enabled hook on a ref refreshes the scope; without it every update of that ref would fail. Delete or disable the hook first." },
  ACTION_NOT_FOUND: { exit: EXIT.notFound, explain: "No custom action type has that name. `nexus refs actions list` shows them." },
  PROCESSOR_NOT_FOUND: { exit: EXIT.notFound, explain: "No processor has that name. `nexus runs processors list` shows them." },
  HANDLER_EXISTS: { exit: EXIT.conflict, explain: "An action or a processor of that name is registered with another script, or is built in. Register it with --upsert, or under another name." },
  HANDLER_IN_USE: { exit: EXIT.conflict, explain: "Hooks on refs, or runs that wait, still need the action or processor. Delete or disable them first." },
  RUN_NOT_FOUND: { exit: EXIT.notFound, explain: "No run has that id. `nexus runs list` shows them." },
  RUN_WRONG_STATE: { exit: EXIT.conflict, explain: "The run, or the webhook, is in no state that allows this: only one that waits can be cancelled, only one that ended without success retried." },
  RUN_LOST: { exit: EXIT.failed, explain: "The daemon ended during each attempt of the run; it may be why. `nexus runs retry` tries it anew." },
  PROCESSOR_FAILED: { exit: EXIT.failed, explain: "The processor's script threw, or returned what is no result, in each attempt of the run. `nexus runs show RUN` has the message and what it wrote." },
  PROCESSOR_TIMEOUT: { exit: EXIT.timedOut, explain: "The processor did not answer within its timeout_ms, or refs.timeout_ms, in each attempt of the run." },
  PROCESSOR_CRASHED: { exit: EXIT.failed, explain: "The processor ended the process it ran in, in each attempt of the run." },
  WEBHOOK_NOT_FOUND: { exit: EXIT.notFound, explain: "No webhook of a ref has that id. `nexus refs outbox list` shows them." },
  AUDIT_BROKEN: { exit: EXIT.findings, explain: "The audit log does not fit together: a row was changed, or taken out, behind nexus's back. The message names the first one that does not fit." },
  SCRIPT_NOT_FOUND: { exit: EXIT.notFound, explain: "The script file does not exist or cannot be read." },
  SCRIPT_REFUSED: { exit: EXIT.notPermitted, explain: "The script is not a regular file of at most 1 MiB, can be written by others, or has control characters in its name." },
  SCRIPT_PARSE: { exit: EXIT.findings, explain: "The script does not parse. The message has file, line and column." },
  SCRIPT_IMPORT: { exit: EXIT.findings, explain: "An import of the script cannot be resolved. Relative imports and packages of the script's own node_modules work." },
  SCRIPT_TYPES: { exit: EXIT.findings, explain: "The script does not type-check against the HookContext contract. `register` warns, `register --strict` and `validate` refuse." },
  SCRIPT_LOAD: { exit: EXIT.findings, explain: "The script threw while it was loaded, or did not finish loading in time. Top-level code must be quick and must not throw." },
  SIGNATURE_INVALID: { exit: EXIT.findings, explain: "The script exports no hook: export default a function, `defineHook({...})`, or a `hook` (or `automation`) object with a `handler`." },
  SIGNATURE_AMBIGUOUS: { exit: EXIT.findings, explain: "The script exports more than one hook. One file is one hook: keep one of default, `hook` and `automation`." },
  METADATA_INVALID: { exit: EXIT.findings, explain: "The hook's metadata has an unknown field or a value of the wrong form. The message names the field and the nearest valid one." },
  METADATA_CONTRADICTORY: { exit: EXIT.findings, explain: "Two places inside the script say different things (the exported object and a JSDoc tag). Keep one of them." },
  SCHEDULE_INVALID: { exit: EXIT.findings, explain: "The schedule is not a possible cron expression, interval, time or time zone." },
  EVENT_INVALID: { exit: EXIT.findings, explain: "The event has a missing, unknown or wrongly typed field. Nothing was stored." },
  EVENT_NOT_JSON: { exit: EXIT.findings, explain: "The event is not JSON. Nothing was stored." },
  EVENT_NOT_UTF8: { exit: EXIT.findings, explain: "The event's bytes are not UTF-8. Nothing was stored." },
  EVENT_TOO_LARGE: { exit: EXIT.findings, explain: "The event is larger than events.max_bytes. Nothing was stored." },
  EVENT_NOT_FOUND: { exit: EXIT.notFound, explain: "No stored event has that id." },
  REPLAY_UNSEEN: { exit: EXIT.conflict, explain: "No active hook would see a copy of the event, or not the one of --hook: its triggers do not match. Nothing was stored. `nexus why EVENT HOOK` says which condition fails." },
  REPLAY_REFUSED: { exit: EXIT.notPermitted, explain: "The event may not be evaluated, so a copy of it may not either: an access policy denied it, or would deny its sender now, or it is what one agent sent to another. Nothing was stored." },
  REPLAY_REDACTED: { exit: EXIT.conflict, explain: "Secrets in the event were replaced by [redacted:NAME] when it was stored, so a copy is not what came. Nothing was stored. --redacted replays it as it is stored, which is what hooks saw the first time." },
  INVOCATION_NOT_FOUND: { exit: EXIT.notFound, explain: "No invocation has that id (or its row has passed its retention)." },
  FILE_NOT_FOUND: { exit: EXIT.notFound, explain: "The named file does not exist or cannot be read." },
  CODE_UNKNOWN: { exit: EXIT.notFound, explain: "nexus has no such error code." },
  HOOK_ERROR: { exit: EXIT.failed, explain: "The hook threw, or rejected its promise. The invocation keeps the message and the stack." },
  HOOK_TIMEOUT: { exit: EXIT.timedOut, explain: "The hook ran longer than its timeout_ms; its Worker was terminated and replaced." },
  HOOK_CRASHED: { exit: EXIT.failed, explain: "The hook ended its Worker or its process before it returned a result." },
  RESULT_INVALID: { exit: EXIT.findings, explain: "The hook returned something that is not a HookResult. It counts as an error of the hook." },
  STATE_TOO_LARGE: { exit: EXIT.failed, explain: "The hook's state exceeds its limit (64 KiB a hook as JSON)." },
  LLM_NOT_CONFIGURED: { exit: EXIT.failed, explain: "ctx.llm() was called and no model is configured in config.toml." },
  LLM_FAILED: { exit: EXIT.unavailable, retryable: true, explain: "The model gave no usable answer: it could not be reached, failed, took too long, or its answer was cut off at max_tokens. The message says which." },
  LLM_RATE_LIMITED: { exit: EXIT.unavailable, retryable: true, explain: "The model's provider takes no more requests for now, or for today. The message says when it may again; its console shows the limits of the key." },
  LLM_REFUSED: { exit: EXIT.failed, explain: "The model or its provider refused the request: a wrong key, model or option, or a text its safety filters block. The same request would be refused again." },
  SEARCH_NOT_CONFIGURED: { exit: EXIT.failed, explain: "ctx.search() was called and no embeddings client is configured in config.toml." },
  ADDRESS_FORBIDDEN: { exit: EXIT.notPermitted, explain: "A URL leads to this machine, to a private network or to no web address at all. Where that is meant, its table in config.toml says `allow_private = true`." },
  AGENT_UNKNOWN: { exit: EXIT.notFound, explain: "No agent of that name is configured in config.toml ([agents.NAME]), or none for the persona. The dispatch failed and can be retried once there is one." },
  TURN_FORBIDDEN: { exit: EXIT.notPermitted, explain: "An agent called a command in its turn that it may not call there. With the reduced profile (an untrusted source is among the causes of the turn) it can change no hooks and no identities; only a person can approve a hook. Nothing was changed." },
  PERSONA_DENIED: { exit: EXIT.notPermitted, explain: "A hook routed an event to a persona that the access policy of the event does not allow (`[[access]] permissions.personas`). The dispatch failed; no agent was asked." },
  REQUEST_STOPPED: { exit: EXIT.failed, explain: "A stage hook that is `required` failed, timed out or was skipped by its breaker, so the request went no further. The message names the hook and its stage; `nexus events show EVENT --trace` shows the rest." },
  REQUEST_SKIPPED: { exit: EXIT.failed, explain: "A stage hook returned `skip: true`, so the request went no further. The message names the hook and its stage." },
  CONTEXT_TOO_LARGE: { exit: EXIT.failed, explain: "What the hook hands to its agent (prompt and data) is larger than context.max_tokens. Nothing was run." },
  DISPATCH_NOT_FOUND: { exit: EXIT.notFound, explain: "No dispatch or delivery has that id." },
  DISPATCH_WRONG_STATE: { exit: EXIT.conflict, explain: "The dispatch or delivery is not in a state that allows this: only what waits can be cancelled, only what is settled can be retried." },
  SESSION_NOT_FOUND: { exit: EXIT.notFound, explain: "No session has that key. `nexus sessions list` shows them." },
  SESSION_EXISTS: { exit: EXIT.conflict, explain: "A session of that key exists already. Choose another name for the fork." },
  SESSION_EMPTY: { exit: EXIT.conflict, explain: "The session has no ended turn yet, or not that one: there is nothing to fork from." },
  TURN_NOT_FOUND: { exit: EXIT.notFound, explain: "No turn has that id." },
  INBOX_EMPTY: { exit: EXIT.timedOut, explain: "Nothing came into the inbox in the time that was given." },
  INBOX_WRONG_STATE: { exit: EXIT.conflict, explain: "The turn is not waiting for this agent (any more): it was answered, timed out, or was interrupted." },
  PERSON_NOT_FOUND: { exit: EXIT.notFound, explain: "No person has that slug, id, id prefix or name in this home. `nexus identity list` shows them." },
  PERSON_AMBIGUOUS: { exit: EXIT.usage, explain: "The name, or the prefix of an id, fits more than one person. Give the slug or more of the id." },
  CONTACT_NOT_FOUND: { exit: EXIT.notFound, explain: "The person has no such contact. `nexus identity list` shows whose contacts are whose." },
  CONTACT_TAKEN: { exit: EXIT.conflict, explain: "The contact is another person's. A contact is one person's at most; take it away there first (`nexus identity remove PERSON --contact CHANNEL:VALUE`)." },
  EVALUATOR_UNAVAILABLE: { exit: EXIT.unavailable, retryable: true, explain: "The evaluator process could not be started. The daemon's log has the reason." },
  NO_TERMINAL: { exit: EXIT.usage, explain: "The command would have to ask, and there is no terminal. The message names the flag to give." },
  INTERRUPTED: { exit: EXIT.interrupted, explain: "Stopped by a signal." },
  BUG: { exit: EXIT.bug, explain: "A bug of nexus. Please report it with the message and the stack." },
} as const satisfies Record<string, CodeFacts>;

export type ErrorCode = keyof typeof codes;

/** What a command prints on stderr under `--json`: `{"error": ErrorBody}`. */
export interface ErrorBody {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
  readonly retryable: boolean;
  /** Nearest valid names, best first. */
  readonly did_you_mean?: readonly string[];
  /** Commands that lead on. */
  readonly next?: readonly string[];
  /** As whoever refused it for now asks. */
  readonly retry_after_ms?: number;
  /** Findings with positions, where the error has several parts. */
  readonly findings?: readonly Finding[];
}

/** One place in a script or an input that is wrong. Lines and columns count from 1. */
export interface Finding {
  readonly code: string;
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
}

export interface ErrorDetails {
  readonly hint?: string;
  readonly did_you_mean?: readonly string[];
  readonly next?: readonly string[];
  readonly retry_after_ms?: number;
  readonly findings?: readonly Finding[];
  readonly cause?: unknown;
}

export class NexusError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "NexusError";
    this.code = code;
    this.details = details;
  }

  get exitCode(): number {
    return codes[this.code].exit;
  }

  toJSON(): ErrorBody {
    const { cause: _cause, ...rest } = this.details;
    return { code: this.code, message: this.message, retryable: isRetryable(this.code), ...rest };
  }
}

/** What anything that was thrown is called; what nexus does not know is a bug of it. `doing` begins its message. */
export function asNexusError(error: unknown, doing: string, hint?: string): NexusError {
  if (error instanceof NexusError) return error;
  return new NexusError("BUG", `${doing}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`, { cause: error, ...(hint === undefined ? {} : { hint }) });
}

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(codes, text);
}

export function errorCodes(): ErrorCode[] {
  return Object.keys(codes).filter(isErrorCode);
}

export function explain(code: ErrorCode): { code: ErrorCode; exit_code: number; retryable: boolean; explanation: string } {
  const facts: CodeFacts = codes[code];
  return { code, exit_code: facts.exit, retryable: isRetryable(code), explanation: facts.explain };
}

function isRetryable(code: ErrorCode): boolean {
  const facts: CodeFacts = codes[code];
  return facts.retryable === true;
}
