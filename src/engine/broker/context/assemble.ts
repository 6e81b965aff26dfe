import type { Event } from "../../core/event.ts";
import { NexusError } from "../../core/errors.ts";
import type { RequestContext } from "../../core/request.ts";
import type { AssembledContext, ContextLayer } from "../../core/turn.ts";
import { cutMiddle, tokensOf } from "./budget.ts";
import { visible, untrustedBlock } from "./untrusted.ts";

export interface NamedText {
  readonly name: string;
  readonly text: string;
}

/** One exchange of the session so far. */
export interface PastTurn {
  readonly turn_id: string;
  readonly asked: string;
  readonly answered: string;
}

/** One dispatch of the turn, with its event. */
export interface Asked {
  readonly dispatch_id: string;
  readonly event: Pick<Event, "id" | "type" | "channel" | "sender_id" | "timestamp" | "content">;
  readonly prompt?: string | undefined;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface ContextParts {
  readonly workspace: readonly NamedText[];
  readonly persona: readonly NamedText[];
  /** Newest first; empty where the hook did not ask for it, or the agent remembers it itself. */
  readonly history: readonly PastTurn[];
  /** Best first. */
  readonly found: readonly NamedText[];
  /** One line each: what was dropped before this turn. */
  readonly dropped: readonly string[];
  readonly asked: readonly Asked[];
  /** Tokens of all layers together. */
  readonly budget: number;
}

/** A file may take so much of what is left; the rest stays for what this turn is about. */
const FILES_SHARE = 0.5;
/** The text of one event is cut to this share of what is left, in its middle. */
const EVENT_SHARE = 0.75;

/**
 * Puts together what an agent is given. Pure: the same parts make the same text. When the budget is too small, this goes
 * first, in this order: the oldest turns of the history, the worst of what was found, the middle of the files, the middle
 * of the events' text. What the hook says and found out is never cut: without room for that there is no turn
 * (CONTEXT_TOO_LARGE).
 */
export function assemble(parts: ContextParts): AssembledContext {
  const asks = parts.asked.map((asked) => ({ asked, said: saidBy(asked) }));
  const head = parts.dropped.length === 0 ? "" : `Dropped from the queue before this turn, for you to know of:\n${parts.dropped.map((line) => `- ${visible(line).replaceAll("\n", " ")}`).join("\n")}`;
  const certain = tokensOf(head) + asks.reduce((sum, { said }) => sum + tokensOf(said), 0);
  if (certain > parts.budget) throw new NexusError("CONTEXT_TOO_LARGE", `what the hook hands to the agent is ${certain} tokens; context.max_tokens is ${parts.budget}`, { hint: "make the prompt or `context.extracted` smaller, or raise context.max_tokens" });
  let left = parts.budget - certain;
  const events = eventBlocks(parts.asked, Math.floor(left * EVENT_SHARE));
  left -= events.tokens;
  const files = Math.floor(left * FILES_SHARE);
  const workspace = fileLayer("workspace", parts.workspace, Math.floor(files / (parts.persona.length > 0 ? 2 : 1)));
  const persona = fileLayer("persona", parts.persona, files - workspace.tokens);
  left -= workspace.tokens + persona.tokens;
  const found = listLayer("found", parts.found.map(({ name, text }) => untrustedBlock(name, text)), Math.floor(left / 3));
  left -= found.tokens;
  const history = listLayer("history", parts.history.map(exchange), left);
  const sections = [
    section("Earlier in this conversation", history.kept.toReversed().join("\n\n")),
    section("Found in the ledger", found.kept.join("\n\n")),
    head,
    ...asks.map(({ said }, index) => [events.blocks[index] ?? "", said].filter((text) => text !== "").join("\n\n")),
  ];
  const system = [...workspace.kept, ...persona.kept].join("\n\n");
  const prompt = sections.filter((text) => text !== "").join("\n\n");
  const layers = [workspace, persona, history, found, { layer: "event" as const, tokens: certain + events.tokens, ...(events.cut === undefined ? {} : { cut: events.cut }) }];
  return { system, prompt, layers: layers.filter(({ tokens, cut }) => tokens > 0 || cut !== undefined).map(({ layer, tokens, cut }) => ({ layer, tokens, ...(cut === undefined ? {} : { cut }) })), tokens: tokensOf(system) + tokensOf(prompt) };
}

/** A context with what hooks changed of it. Throws CONTEXT_TOO_LARGE. */
export function withChanges(context: AssembledContext, before: RequestContext | undefined, after: RequestContext | undefined, budget: number): AssembledContext {
  if (before === undefined || after === undefined) return context;
  // What they did not touch stays as it is: they were shown a redacted copy.
  const system = after.system === before.system ? context.system : after.system;
  const prompt = after.prompt === before.prompt ? context.prompt : after.prompt;
  const tokens = tokensOf(system) + tokensOf(prompt);
  const grown = tokens > context.tokens && tokens > budget;
  if (grown) throw new NexusError("CONTEXT_TOO_LARGE", `what the hooks of afterAssembleContext made of the context is ${tokens} tokens; context.max_tokens is ${budget}`, { hint: "let them add less, or raise context.max_tokens" });
  return { ...context, system, prompt, tokens };
}

/** What is handed to a turn that is under way. */
export function steeringText(asked: Asked): string {
  const block = asked.event.content === undefined ? "" : untrustedBlock(sourceOf(asked.event), asked.event.content);
  return [block, saidBy(asked)].filter((text) => text !== "").join("\n\n");
}

function saidBy({ prompt, data, dispatch_id }: Asked): string {
  const facts = Object.keys(data).length === 0 ? "" : `What the hook found out, as JSON:\n${visible(JSON.stringify(data, undefined, 2))}`;
  const said = prompt ?? "";
  return [said, facts].filter((text) => text !== "").join("\n\n") || `Dispatch ${dispatch_id}: act on the event above.`;
}

/** How a block of an event's text is named. */
export function sourceOf({ id, type, channel, sender_id, timestamp }: Pick<Event, "id" | "type" | "channel" | "sender_id" | "timestamp">): string {
  return `event=${id} type=${type} channel=${channel}${sender_id === undefined ? "" : ` sender=${sender_id}`} at=${new Date(timestamp).toISOString()}`;
}

function eventBlocks(asked: readonly Asked[], budget: number): { readonly blocks: readonly string[]; readonly tokens: number; readonly cut?: string } {
  const each = Math.floor(budget / Math.max(1, asked.length));
  let cutTokens = 0;
  const blocks = asked.map(({ event }) => {
    const cut = cutMiddle(event.content ?? "", Math.max(0, each - tokensOf(untrustedBlock(sourceOf(event), ""))));
    cutTokens += cut.cutTokens;
    return untrustedBlock(sourceOf(event), cut.text);
  });
  const tokens = blocks.reduce((sum, block) => sum + tokensOf(block), 0);
  return cutTokens === 0 ? { blocks, tokens } : { blocks, tokens, cut: `${cutTokens} tokens of event text` };
}

interface Filled extends ContextLayer {
  readonly kept: readonly string[];
}

function fileLayer(layer: "workspace" | "persona", files: readonly NamedText[], budget: number): Filled {
  const each = Math.floor(budget / Math.max(1, files.length));
  let cutTokens = 0;
  const kept = files.map(({ name, text }) => {
    const title = `# ${name}\n`;
    const cut = cutMiddle(text, Math.max(0, each - tokensOf(title)));
    cutTokens += cut.cutTokens;
    return `${title}${cut.text}`;
  });
  return { layer, kept, tokens: sum(kept), ...(cutTokens === 0 ? {} : { cut: `${cutTokens} tokens of ${files.length} files` }) };
}

/** As many, from the first on, as there is room for. */
function listLayer(layer: "history" | "found", texts: readonly string[], budget: number): Filled {
  const kept: string[] = [];
  for (const text of texts) {
    if (sum(kept) + tokensOf(text) > budget) break;
    kept.push(text);
  }
  const gone = texts.length - kept.length;
  return { layer, kept, tokens: sum(kept), ...(gone === 0 ? {} : { cut: `${gone} of ${texts.length} ${layer === "history" ? "turns, the oldest" : "finds, the least alike"}` }) };
}

function exchange({ turn_id, asked, answered }: PastTurn): string {
  return `Turn ${turn_id}\n${asked}\n\nYou answered:\n${visible(answered)}`;
}

function section(title: string, text: string): string {
  return text === "" ? "" : `## ${title}\n\n${text}`;
}

function sum(texts: readonly string[]): number {
  return texts.reduce((total, text) => total + tokensOf(text), 0);
}
