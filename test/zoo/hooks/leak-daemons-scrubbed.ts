import { spawn, execSync } from "node:child_process";

export default function hook(ctx) {
  spawn("sh", ["-c", "(setsid sleep 300 &) ; exit 0"], { stdio: "ignore", detached: true, env: { PATH: "/usr/bin:/bin" } });
  return new Promise((resolve) => setTimeout(() => process.exit(0), 30));
}
