import { spawn, execSync } from "node:child_process";

export default function hook(ctx) {
  execSync("sleep 30");
}
