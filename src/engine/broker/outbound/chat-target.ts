import type { Place } from "./adapter.ts";
import { failure, type Failure } from "./failure.ts";
import type { OutboundMessage } from "./outbound.ts";

export interface ChatTarget<Target> {
  readonly found: "thread" | "recipient" | "settings";
  readonly target: Target;
}

export interface TargetForms<Target> {
  /** Undefined: the text is no name of a conversation of this service. */
  readonly thread: (text: string) => Target | undefined;
  readonly recipient: (text: string) => Target | undefined;
  readonly settings: (text: string) => Target | undefined;
  /** Of the setting, for the message: "a channel id, such as C0123456789". */
  readonly wanted: string;
}

/** Where a message goes: its thread, else its recipient, else the settings' target; what is no name of this service is passed over. */
export function chatTarget<Target>(place: Place, message: OutboundMessage, configured: string | undefined, forms: TargetForms<Target>): ChatTarget<Target> | Failure {
  const thread = message.thread_id === undefined ? undefined : forms.thread(message.thread_id);
  if (thread !== undefined) return { found: "thread", target: thread };
  const recipient = message.recipient === undefined ? undefined : forms.recipient(message.recipient);
  if (recipient !== undefined) return { found: "recipient", target: recipient };
  const setting = `${place.name}.target`;
  if (configured === undefined) return failure("OUTBOUND_MISCONFIGURED", `${place.name}: ${unusable(message)}; set ${setting} to ${forms.wanted}`);
  const target = forms.settings(configured);
  return target === undefined ? failure("OUTBOUND_MISCONFIGURED", `${setting}: ${JSON.stringify(configured)} is not ${forms.wanted}`) : { found: "settings", target };
}

function unusable({ thread_id, recipient }: OutboundMessage): string {
  const named = [thread_id, recipient].flatMap((name) => (name === undefined ? [] : [JSON.stringify(name.slice(0, 100))]));
  return named.length === 0 ? "the message names no conversation" : `the message names no conversation of this service (${named.join(", ")})`;
}

/** The service's own id in a source id such as `CHAT:MESSAGE`. */
export function lastId(text: string | undefined, form: RegExp): string | undefined {
  const last = text?.split(/[:/]/).at(-1);
  return last !== undefined && form.test(last) ? last : undefined;
}
