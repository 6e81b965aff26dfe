import { NexusError } from "../engine/core/errors.ts";
import { namesPrincipal } from "../engine/core/event.ts";
import type { Contact } from "../engine/core/person.ts";

const CHARACTERS = { channel: 128, value: 512 } as const;

/** `channel:value`; the first colon ends the channel. */
export function contactArgument(text: string): Contact {
  const colon = text.indexOf(":");
  const contact_type = text.slice(0, Math.max(colon, 0)).trim();
  const value = text.slice(colon + 1).trim();
  if (contact_type === "" || value === "" || contact_type.length > CHARACTERS.channel || value.length > CHARACTERS.value || /\p{Cc}/u.test(text)) {
    throw new NexusError("USAGE", `the contact ${JSON.stringify(text)}: expected channel:value, such as imessage:+15550100`, { hint: "channel and sender are written as `nexus events list` shows them" });
  }
  if (namesPrincipal(contact_type)) {
    throw new NexusError("USAGE", `the contact ${JSON.stringify(text)}: events of the channel ${contact_type} come from no person`, { hint: "triggers and access policies name them by principal.type and principal.source or name" });
  }
  return { contact_type, value };
}
