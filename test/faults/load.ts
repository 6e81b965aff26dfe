import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runProgram, type Program } from "./program.ts";

/**
 * The load of all loops: hooks that fire, that take their time, that keep a count, that fail five times in a row and
 * come back, and one that may fire once. All see the channel `load` only, so a timer's tick is none of their business.
 */
const HOOKS: Readonly<Record<string, string>> = {
  quick: "handler: (ctx) => ({ fire: Number(ctx.event.content) % 5 === 0, context: { prompt: ctx.event.id } })",
  slow: "limits: { concurrency: 4 }, triggers: { event: { channels: ['load'], types: ['slow'] } }, handler: async () => { await new Promise((r) => setTimeout(r, 2)); return { fire: true }; }",
  // The count of what it has seen without an error. Every third result also says something, which takes the longer way.
  counter: "handler: async (ctx) => { await ctx.state.set('n', Number((await ctx.state.get('n')) ?? 0) + 1); if (Number(ctx.event.content) % 3 === 0) console.log('counted'); return { fire: false }; }",
  failing: "handler: (ctx) => { if (Number(ctx.event.content) % 40 < 12) throw new Error('bad luck'); return { fire: false }; }",
  once: "mode: 'one-shot', handler: () => ({ fire: true })",
};

/** A breaker that opens and closes again many times in a run. */
export const CONFIG = "[breaker]\ncooldown_ms = 40\n";

/** Makes the home: its configuration, its hooks, or some of them. */
export async function prepareHome(program: Program, home: string, config = CONFIG, names: readonly string[] = Object.keys(HOOKS)): Promise<void> {
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, "config.toml"), config);
  for (const name of names) {
    const body = HOOKS[name] ?? "";
    const path = join(home, `${name}.ts`);
    const triggers = body.includes("triggers:") ? "" : "triggers: { event: { channels: ['load'] } }, ";
    writeFileSync(path, `export const hook: Hook = { name: "${name}", ${triggers}${body} };\n`);
    const { code, err } = await runProgram(program, home, ["hooks", "register", path]);
    if (code !== 0) throw new Error(`${name} was not registered (${code}): ${err}`);
  }
}

/** The n-th event. Every tenth is one for the hook that takes its time. */
export function loadEvent(n: number): { readonly id: string; readonly [field: string]: string } {
  return { id: `load:${n}`, channel: "load", type: n % 10 === 0 ? "slow" : "message", content: String(n), thread_id: `t${n % 7}`, sender_id: `s${n % 5}` };
}
