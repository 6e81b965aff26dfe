import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { socketPath } from "../../../src/engine/api/socket-path.ts";
import { daemonViewSchema } from "../../../src/engine/api/wire.ts";
import { configSchema } from "../../../src/engine/config.ts";
import { Daemon } from "../../../src/engine/daemon.ts";
import { tempHome } from "../../helpers/temp-home.ts";

/** More than any disk of a test has free. */
const NEVER_FREE = 1_099_511_627_776;

async function daemonOn(home: string, config: object): Promise<{ readonly daemon: Daemon; readonly failed: Promise<void>; [Symbol.asyncDispose](): Promise<void> }> {
  const failed = Promise.withResolvers<void>();
  const onNotice = ({ kind }: { readonly kind: string }): void => {
    if (kind === "storage_failed") failed.resolve();
  };
  const daemon = await Daemon.start({ home, config: configSchema.parse({ isolation: "process", ...config }), timers: false, onNotice });
  return { daemon, failed: failed.promise, [Symbol.asyncDispose]: () => daemon.stop() };
}

async function ask(home: string, path: string, body?: object): Promise<readonly [status: number, body: Record<string, unknown> & { readonly error?: { readonly code: string } }]> {
  const response = await fetch(`http://nexus${path}`, { unix: socketPath(home), ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }) });
  return [response.status, (await response.json()) as Record<string, unknown>];
}

const DRY_RUN = { script: { slug: "a", bundle: "export default () => ({ fire: true });\n" }, event: { content: "hi" } };

test("a daemon says who it is, that it lives, and that it takes work", async () => {
  using home = tempHome();
  await using served = await daemonOn(home.path, { durability: "normal", storage: { ballast_bytes: 65_536, min_free_bytes: 0 } });
  expect(served.daemon.socket).toBe(socketPath(home.path));
  expect(await ask(home.path, "/healthz")).toEqual([200, { live: true }]);
  expect(await ask(home.path, "/readyz")).toEqual([200, { ready: true }]);
  const [, view] = await ask(home.path, "/v1/daemon");
  expect(daemonViewSchema.parse(view)).toMatchObject({ pid: process.pid, home: home.path, durability: "normal", isolation: "none", ready: true });
  const [status, dry] = await ask(home.path, "/v1/dry-runs", DRY_RUN);
  expect(status).toBe(200);
  expect(dry).toMatchObject({ hook: "a", channel: "cli", invocation: { outcome: "fired" } });
  // Both, neither, and what it does not know.
  for (const wrong of [{ ...DRY_RUN, event_id: "a:b" }, { script: DRY_RUN.script }, { ...DRY_RUN, keep_sate: true }, { ...DRY_RUN, script: { ...DRY_RUN.script, slug: "../up" } }, []]) {
    expect([(await ask(home.path, "/v1/dry-runs", wrong))[1].error?.code, wrong]).toEqual(["REQUEST_INVALID", wrong]);
  }
  await served.daemon.stop();
  expect(existsSync(socketPath(home.path))).toBe(false);
});

// switch: mutant always-ready
test("a daemon that takes nothing says why: it lives, and is not ready", async () => {
  using home = tempHome();
  await using served = await daemonOn(home.path, { storage: { ballast_bytes: 0, min_free_bytes: NEVER_FREE } });
  await served.failed;
  expect((await ask(home.path, "/healthz"))[0]).toBe(200);
  const [status, { error }] = await ask(home.path, "/readyz");
  expect([status, error?.code]).toEqual([503, "DATABASE_FULL"]);
  expect((await ask(home.path, "/v1/daemon"))[1]).toMatchObject({ ready: false });
  expect((await ask(home.path, "/v1/dry-runs", DRY_RUN))[1].error?.code).toBe("DATABASE_FULL");
}, 10_000);
