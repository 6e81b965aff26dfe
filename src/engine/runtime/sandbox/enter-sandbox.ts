import { enterLandlock } from "./landlock.ts";
import { openKernel } from "./kernel.ts";
import type { SandboxPolicy } from "./policy.ts";
import { callNumber, enterSeccomp, filterProgram } from "./seccomp.ts";

/** The stage ends with it when the sandbox cannot be had; nothing was started. */
export const SANDBOX_REFUSED = 97;

const PR_SET_NO_NEW_PRIVS = 38;
/** Read and write whatever the mode: a daemon that is root may keep a home of somebody else. Landlock bounds it. */
const CAP_DAC = 0b110;
const F_SETFD = 2;
/** The socket to the daemon, and the answer of an inspection. */
const KEPT_DESCRIPTOR = 3;

/**
 * `nexus __sandbox POLICY ARGV...`: restricts itself and becomes ARGV. Before any thread of the evaluator exists, because
 * Landlock and seccomp bind the calling thread and what it starts. Not process.execve: that closes descriptor 3.
 */
export function enterSandbox(policyText: string, argv: readonly string[]): void {
  try {
    const policy = JSON.parse(policyText) as SandboxPolicy;
    const kernel = openKernel();
    const texts = argv.map((text) => Buffer.from(`${text}\0`));
    const environment = Object.entries(process.env).map(([name, value]) => Buffer.from(`${name}=${value ?? ""}\0`));
    const pointers = (list: readonly Buffer[]): BigUint64Array => new BigUint64Array([...list.map((text) => kernel.address(text)), 0n]);
    const [args, env] = [pointers(texts), pointers(environment)];
    const [program] = texts;
    if (program === undefined) throw new Error("nothing to start");
    kernel.call("prctl(PR_SET_NO_NEW_PRIVS)", callNumber("prctl"), PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    dropCapabilities(kernel);
    enterLandlock(kernel, policy, { openat: callNumber("openat"), close: callNumber("close") });
    enterSeccomp(kernel, filterProgram(policy, kernel.address(program)));
    kernel.ask(callNumber("fcntl"), KEPT_DESCRIPTOR, F_SETFD, 0);
    kernel.call(`execve of ${argv[0]}`, callNumber("execve"), program, args, env);
  } catch (error) {
    console.error(`sandbox: ${error instanceof Error ? error.message : String(error)}`);
  }
  process.exit(SANDBOX_REFUSED);
}

/** Of root's powers only the two over file modes are kept, so that the same files can be read as without a sandbox. */
function dropCapabilities(kernel: ReturnType<typeof openKernel>): void {
  if (process.geteuid?.() !== 0) return;
  const header = new Uint32Array([0x20080522, 0]);
  kernel.call("capset", callNumber("capset"), header, new Uint32Array([CAP_DAC, CAP_DAC, 0, 0, 0, 0]));
}
