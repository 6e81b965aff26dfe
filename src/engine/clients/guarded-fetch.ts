import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { NexusError } from "../core/errors.ts";
import { reachOf } from "./address-reach.ts";
import { withDeadline } from "./deadline.ts";

/** All addresses of a host name. Rejects when it has none. */
export type Resolve = (host: string) => Promise<readonly string[]>;

export interface GuardedRequest {
  /** http or https, without user and password. */
  readonly url: string;
  readonly method: "GET" | "POST";
  /** `host` is set here, whatever is given. */
  readonly headers: Headers;
  readonly body?: string;
  /** Addresses of this machine and of private networks are allowed too. */
  readonly allowPrivate: boolean;
  /** For everything: resolving, connecting, sending, the answer with its body. */
  readonly timeoutMs: number;
  /** Of the body; the rest is not read. 0: the answer is there with its headers, and the connection is closed. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
}

export interface GuardedParts {
  /** Default: the system's resolver. */
  readonly resolve?: Resolve;
  /** PEM of the authorities that are believed beside none other. Default: the system's. */
  readonly ca?: string;
}

export type GuardedAnswer =
  | { readonly answered: true; readonly status: number; readonly headers: Headers; readonly text: string; /** False: the body was longer than `maxBytes`, or not read. */ readonly whole: boolean }
  /** `message` names the host and never the path, in which services carry tokens. */
  | { readonly answered: false; readonly reason: "forbidden" | "unreachable" | "timeout" | "aborted"; readonly message: string };

type Unanswered = Extract<GuardedAnswer, { answered: false }>;

/** More addresses of one host are not tried. */
const MOST_ADDRESSES = 4;

/** Nothing of the request had left when these came, so the next address may be tried. */
const NOT_CONNECTED = new Set(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "EADDRNOTAVAIL", "ConnectionRefused", "FailedToOpenSocket"]);

/**
 * fetch for addresses that a hook, an event or a setting can name. Never rejects.
 *
 * The host is resolved once and every address is judged; then the connection goes to an address that was judged, not to
 * the name, so that a second answer of the name server changes nothing. Host, SNI and the certificate's name stay the
 * URL's. Redirects are answers, not followed. No proxy is used: it would resolve the name again.
 */
export async function guardedFetch(request: GuardedRequest, parts: GuardedParts = {}): Promise<GuardedAnswer> {
  const target = targetOf(request.url);
  if ("answered" in target) return target;
  try {
    const ended = await withDeadline(request.timeoutMs, request.signal, async (signal) => {
      const response = await reach(target, request, parts, signal);
      return "answered" in response ? response : await answerOf(response, request.maxBytes);
    });
    if (ended.ended === "done") return ended.value;
    return ended.ended === "timeout" ? unanswered("timeout", `${target.host} did not answer within ${request.timeoutMs} ms`) : unanswered("aborted", `the request to ${target.host} was stopped`);
  } catch (error) {
    return unanswered("unreachable", `${target.host}: ${reasonOf(error)}`);
  }
}

/**
 * The same for an answer that is read as it comes: a Response, with its deadline and its limit left to the caller's
 * signal. Rejects as fetch does, and with ADDRESS_FORBIDDEN where it may not go.
 */
export async function guardedResponse(request: Omit<GuardedRequest, "timeoutMs" | "maxBytes">, signal: AbortSignal, parts: GuardedParts = {}): Promise<Response> {
  const target = targetOf(request.url);
  const response = "answered" in target ? target : await reach(target, request, parts, signal);
  if (!("answered" in response)) return response;
  if (response.reason === "forbidden") throw new NexusError("ADDRESS_FORBIDDEN", response.message);
  throw new Error(response.message);
}

function targetOf(text: string): URL | Unanswered {
  // Bun's fetch reads files and more (`file:`, `data:`, `s3:`), and takes options such as `unix`: the scheme comes first.
  if (!URL.canParse(text)) return unanswered("forbidden", "the URL cannot be parsed");
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") return unanswered("forbidden", `the URL's scheme is ${url.protocol} and only http: and https: are allowed`);
  if (url.username !== "" || url.password !== "") return unanswered("forbidden", `the URL of ${url.host} has a user or a password in it`);
  return url;
}

async function reach(target: URL, request: Omit<GuardedRequest, "timeoutMs" | "maxBytes">, parts: GuardedParts, signal: AbortSignal): Promise<Response | Unanswered> {
  const addresses = await addressesOf(target, parts.resolve ?? resolveBySystem);
  if (addresses.length === 0) return unanswered("unreachable", `${target.host}: the name has no address`);
  const refused = addresses.find((address) => !allowed(address, request.allowPrivate));
  if (refused !== undefined) return unanswered("forbidden", forbiddenMessage(target, refused));
  const candidates = addresses.slice(0, MOST_ADDRESSES);
  for (const [index, address] of candidates.entries()) {
    try {
      return await connect(target, address, request, parts.ca, signal);
    } catch (error) {
      if (signal.aborted || index === candidates.length - 1 || !NOT_CONNECTED.has(codeOf(error))) throw error;
    }
  }
  return unanswered("unreachable", target.host);
}

/** URL has already made plain dotted numbers of every other spelling (decimal, octal, hex, full-width). */
async function addressesOf(target: URL, resolve: Resolve): Promise<readonly string[]> {
  const host = target.hostname.replace(/^\[(.*)\]$/, "$1");
  if (isIP(host) !== 0) return [host];
  // RFC 6761: never a question for a name server, however it is written.
  return /(^|\.)localhost\.?$/.test(host) ? ["127.0.0.1", "::1"] : await resolve(host);
}

async function resolveBySystem(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

function allowed(address: string, allowPrivate: boolean): boolean {
  const reach = reachOf(address);
  return reach === "public" || (reach === "private" && allowPrivate);
}

function forbiddenMessage(target: URL, address: string): string {
  const fix = reachOf(address) === "private" ? "; set allow_private = true to allow it" : "";
  return `${target.host} leads to ${address}, which is not a public address${fix}`;
}

/** Bun has no lookup option for one request: the address stands in the URL, the name in Host and SNI. */
async function connect(target: URL, address: string, request: Omit<GuardedRequest, "timeoutMs" | "maxBytes">, ca: string | undefined, signal: AbortSignal): Promise<Response> {
  const url = new URL(target);
  url.hostname = isIP(address) === 6 ? `[${address}]` : address;
  const headers = new Headers(request.headers);
  headers.set("host", target.host);
  const named = isIP(target.hostname.replace(/^\[(.*)\]$/, "$1")) === 0;
  return await fetch(url, {
    method: request.method,
    headers,
    ...(request.body === undefined ? {} : { body: request.body }),
    redirect: "manual",
    proxy: false,
    // A connection kept for the next request would be found by its address, whatever name its certificate was checked for.
    keepalive: false,
    ...(target.protocol === "https:" ? { tls: { rejectUnauthorized: true, ...(named ? { serverName: target.hostname.replace(/\.$/, "") } : {}), ...(ca === undefined ? {} : { ca }) } } : {}),
    signal,
  });
}

async function answerOf(response: Response, maxBytes: number): Promise<GuardedAnswer> {
  const { status, headers } = response;
  if (maxBytes === 0) await response.body?.cancel();
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop early closes the connection.
  if (maxBytes > 0 && response.body !== null) {
    for await (const chunk of response.body as ReadableStream<Uint8Array>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > maxBytes) break;
    }
  }
  const text = new TextDecoder().decode(Buffer.concat(chunks).subarray(0, maxBytes));
  return { answered: true, status, headers, text, whole: maxBytes > 0 && size <= maxBytes };
}

function unanswered(reason: Unanswered["reason"], message: string): Unanswered {
  return { answered: false, reason, message };
}

/** Bun's messages hold the whole URL. */
function reasonOf(error: unknown): string {
  const code = codeOf(error);
  return code === "" ? "the request failed" : `the request failed (${code})`;
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  if ("code" in error && typeof error.code === "string") return error.code;
  return error.name === "Error" ? "" : error.name;
}
