import { spawn, execSync } from "node:child_process";

export default function hook(ctx) {
  spawn("sleep", ["300"], { stdio: "ignore" });
  process.exit(0);
}
