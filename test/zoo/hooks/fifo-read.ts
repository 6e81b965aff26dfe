import * as fs from "node:fs";
import { spawn, execSync } from "node:child_process";

export default function hook(ctx) {
  const path = `/tmp/nexus-zoo-${process.pid}-${Math.random()}`;
  execSync(`mkfifo ${path}`);
  setTimeout(() => {}, 0);
  try {
    fs.readFileSync(path);
  } finally {
    fs.rmSync(path);
  }
}
