const MESSAGE_CHARS = 2_048;
const STACK_CHARS = 8_192;
/** From source, from the compiled binary, and Bun's own. */
const NEXUS_FRAME = /runtime\/child\/|\$bunfs|~BUN|native:|node:|\(native\)|at processTicksAndRejections/;

/** Turns anything a hook can throw (also `null`, a Proxy, a getter that throws) into short plain text. */
export function describeError(thrown: unknown): { message: string; stack?: string } {
  try {
    if (thrown instanceof Error) {
      const name = String(thrown.name);
      const text = String(thrown.message);
      const message = (name === "Error" || text.startsWith(name) ? text : `${name}: ${text}`).slice(0, MESSAGE_CHARS);
      const stack = typeof thrown.stack === "string" ? ownFrames(thrown.stack) : undefined;
      return stack === undefined ? { message } : { message, stack };
    }
    if (typeof thrown === "string") return { message: thrown.slice(0, MESSAGE_CHARS) };
    const isObject = typeof thrown === "object" && thrown !== null;
    const text = isObject ? `a value that is no Error: ${JSON.stringify(thrown)}` : String(thrown);
    return { message: `threw ${text}`.slice(0, MESSAGE_CHARS) };
  } catch {
    return { message: "threw a value that cannot be described" };
  }
}

/** The hook's own frames, without nexus's beneath them: a bundle's source map names the author's files, else it is a blob. */
function ownFrames(stack: string): string {
  const [first = "", ...frames] = stack.slice(0, STACK_CHARS * 2).split("\n");
  const own = frames.filter((frame) => !NEXUS_FRAME.test(frame)).map((frame) => frame.replace(/blob:[0-9a-f-]+/, "hook"));
  return [first, ...own].join("\n").slice(0, STACK_CHARS);
}
