/** One message of the demo's conversation. */
interface ConversationLine {
  /** Minutes after the conversation's start. */
  readonly minute: number;
  readonly sender: string;
  readonly channel: "imessage" | "discord" | "sms" | "email";
  readonly thread?: string;
  readonly subject?: string;
  /** Written by the owner, and so `sent` instead of `received`. */
  readonly sent?: true;
  readonly text: string;
}

/** A Thursday evening, 19:00 in Berlin. Casey's deadline is minute 480 (03:00), the morning's digest minute 810 (08:30). */
export const CONVERSATION_START = "2027-03-04T19:00:00+01:00";

const family = { channel: "imessage", thread: "family" } as const;
const launch = { channel: "discord", thread: "launch" } as const;
const sms = { channel: "sms" } as const;
const email = { channel: "email" } as const;

/** An evening and a night: each of the hook examples has something to decide here, and most decisions are "no". */
const CONVERSATION: readonly ConversationLine[] = [
  { minute: 0, ...family, sender: "sam", text: "Dinner is in the oven, help yourselves" },
  { minute: 4, ...family, sender: "casey", text: "Going to Lena's party now, don't wait up" },
  { minute: 6, ...family, sender: "robin", sent: true, text: "Have fun! Text us when you're home, please" },
  { minute: 7, ...family, sender: "casey", text: "I'll text you when I'm home, promise" },
  { minute: 12, ...launch, sender: "mira", text: "The release branch is cut. Does anyone still have something for 2.4?" },
  { minute: 15, ...launch, sender: "jonas", text: "Only the changelog" },
  { minute: 18, ...launch, sender: "mira", text: "@atlas please draft the changelog from the merged pull requests" },
  { minute: 31, ...sms, sender: "house-alarm", text: "Garage: motion detected" },
  { minute: 33, ...sms, sender: "house-alarm", text: "Garage: motion detected" },
  { minute: 41, ...email, sender: "offers@shop.example", subject: "URGENT: your savings end tonight", text: "Order immediately and save 20 percent. To stop these mails, unsubscribe here." },
  { minute: 55, ...family, sender: "sam", text: "@casey did you take the car keys?" },
  { minute: 57, ...family, sender: "casey", text: "Yes, sorry, they are in my bag" },
  { minute: 64, ...sms, sender: "house-alarm", text: "garage: motion detected " },
  { minute: 70, ...launch, sender: "priya", text: "Write to builds@atlas.example if you need the full build logs" },
  { minute: 88, ...email, sender: "billing@hosting.example", subject: "Your invoice for February", text: "The invoice is attached. The amount will be debited on 10 March." },
  { minute: 150, ...launch, sender: "jonas", text: "Is the checkout slow for anybody else?" },
  { minute: 151, ...launch, sender: "priya", text: "Yes, 12 seconds here" },
  { minute: 151, ...launch, sender: "mira", text: "The error rate is at 4 percent" },
  { minute: 152, ...launch, sender: "jonas", text: "Roll back?" },
  { minute: 153, ...launch, sender: "priya", text: "Wait, it is only the EU region" },
  { minute: 154, ...launch, sender: "mira", text: "@atlas what changed in the checkout since yesterday?" },
  { minute: 155, ...launch, sender: "jonas", text: "Database connections are at their limit" },
  { minute: 156, ...launch, sender: "priya", text: "The pool went from 50 to 5 in the config change" },
  { minute: 157, ...launch, sender: "mira", text: "Reverting that now" },
  { minute: 161, ...launch, sender: "priya", text: "Back to normal. Good night!" },
  { minute: 175, ...email, sender: "dana@customer.example", subject: "URGENT: the checkout is down in all our shops", text: "We could not take payments from 21:30 on. Please call me back immediately." },
  { minute: 182, ...sms, sender: "parcel-service", text: "Your parcel arrives tomorrow between 9 and 11" },
  { minute: 298, ...family, sender: "casey", text: "Party is great, staying a bit longer" },
  { minute: 345, ...family, sender: "casey", text: "Leaving now, on my way home" },
  { minute: 347, ...sms, sender: "parcel-service", text: "Your parcel arrives tomorrow between 9 and 11" },
  { minute: 350, ...family, sender: "lena", text: "Thanks for coming, text me too please" },
  { minute: 402, ...sms, sender: "house-alarm", text: "Basement: water sensor is wet" },
  { minute: 505, ...family, sender: "casey", text: "Home now. Sorry, my phone was dead" },
  { minute: 640, ...launch, sender: "jonas", text: "Morning. The revert is live everywhere, closing the incident" },
  { minute: 700, ...family, sender: "sam", text: "@atlas: remind me at noon to call the plumber about the basement" },
];

/** The conversation as events to emit, in order. `start` (Unix ms) stands for minute 0. */
export function conversationEvents(start: number = Date.parse(CONVERSATION_START)) {
  return CONVERSATION.map(({ minute, sender, channel, thread, subject, sent, text }, index) => ({
    timestamp: start + minute * 60_000,
    type: "message",
    channel,
    content: text,
    direction: sent === true ? ("sent" as const) : ("received" as const),
    sender_id: sender,
    ...(thread === undefined ? {} : { thread_id: thread }),
    source_adapter: channel,
    source_id: `demo-${String(index + 1).padStart(2, "0")}`,
    metadata: subject === undefined ? {} : { subject },
  }));
}
