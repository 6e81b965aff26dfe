import { z } from "zod";

/** How answers reach people: the tables `[outbound.NAME]` of config.toml. Secrets are named, never written here. */

const text = z.string().min(1).max(4_096);
const name = z.string().min(1).max(256);

const common = {
  channels: z.array(name).max(200).default([]).describe("channels whose conversations it answers; none: only what names it"),
  timeout_ms: z.int().min(100).max(600_000).default(30_000).describe("time of one attempt"),
};

/** `{env: NAME}` or `{file: path}`: read when it is used, never stored. */
export const secretSchema = z.union([z.strictObject({ env: name }), z.strictObject({ file: text })]);
export type SecretSource = z.output<typeof secretSchema>;

const command = z.strictObject({ type: z.literal("command"), ...common, command: z.array(text).min(1).max(64).describe("program and arguments; the message comes as JSON on stdin"), env: z.record(name, z.string().max(32_768)).default({}) });
const webhook = z.strictObject({
  type: z.literal("webhook"),
  ...common,
  url: z.url().max(2_048).describe("takes POST with the message as JSON, signed by Standard Webhooks"),
  secret: secretSchema.optional().describe("whsec_... or any text; without it nothing is signed"),
  headers: z.record(name, z.string().max(8_192)).default({}),
  allow_private: z.boolean().default(false).describe("the address may be one of this machine or of a private network"),
});
const file = z.strictObject({ type: z.literal("file"), ...common, path: text.describe("a JSON line is appended for each message; relative to the home") });
const api = { allow_private: z.boolean().default(false).describe("api may be a server of your own: plain http, an address of this machine or of a private network") };
const slack = z.strictObject({ type: z.literal("slack"), ...common, ...api, token: secretSchema.describe("a bot token (xoxb-...)"), target: name.optional().describe("conversation for what names none"), api: z.url().default("https://slack.com/api") });
const discord = z.strictObject({ type: z.literal("discord"), ...common, ...api, token: secretSchema.describe("a bot token"), target: name.optional().describe("channel for what names none"), api: z.url().default("https://discord.com/api/v10") });
const telegram = z.strictObject({ type: z.literal("telegram"), ...common, ...api, token: secretSchema.describe("a bot token"), target: name.optional().describe("chat for what names none"), api: z.url().default("https://api.telegram.org") });

export const outboundSchema = z.discriminatedUnion("type", [command, webhook, file, slack, discord, telegram]);

export type OutboundSettings = z.output<typeof outboundSchema>;
export type OutboundOf<Type extends OutboundSettings["type"]> = Extract<OutboundSettings, { type: Type }>;
