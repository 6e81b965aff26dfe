import { spawn, execSync } from "node:child_process";

export default function hook(ctx) {
  spawn("sh", ["-c", "setsid sleep 300 & exec setsid sleep 300"], { stdio: "ignore", detached: true }).unref();
  process.exit(0);
}
