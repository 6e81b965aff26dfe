import type { Kernel } from "./kernel.ts";
import { KernelRefused } from "./kernel.ts";
import type { SandboxPolicy } from "./policy.ts";

/** Numbers of system calls that differ between architectures, in the order x64, arm64; -1 where there is none. */
const CALLS = {
  openat: [257, 56], close: [3, 57], prctl: [157, 167], capset: [126, 91], execve: [59, 221], fcntl: [72, 25], socket: [41, 198], execveat: [322, 281],
} as const;

/** Never needed by a hook, and each a way out or a lever on the machine: other processes, mounts, the kernel, keys, clocks. */
const REFUSED: readonly (readonly [x64: number, arm64: number])[] = [
  [101, 117], [310, 270], [311, 271], [438, 438], [440, 440], // ptrace, process_vm_readv, process_vm_writev, pidfd_getfd, process_madvise
  [165, 40], [166, 39], [155, 41], [161, 51], [428, 428], [429, 429], [430, 430], [431, 431], [432, 432], [433, 433], [442, 442], // mounts, chroot
  [272, 97], [308, 268], // unshare, setns
  [246, 104], [320, 294], [175, 105], [313, 273], [176, 106], [169, 142], // kexec, modules, reboot
  [321, 280], [298, 241], [323, 282], [300, 262], // bpf, perf_event_open, userfaultfd, fanotify_init
  [248, 217], [249, 218], [250, 219], // keys
  [304, 265], [163, 89], [167, 224], [168, 225], [103, 116], [227, 112], [164, 170], [159, 171], [305, 266], // open_by_handle_at, acct, swap, syslog, clocks
  [425, 425], [426, 426], [427, 427], // io_uring would go around the filter
  // Landlock does not know owners, modes and attributes of files (measured: chmod of a secret passes).
  [90, -1], [92, -1], [94, -1], [268, 53], [452, 452], [260, 54], [188, 5], [189, 6], [190, 7], [197, 14], [198, 15], [199, 16], [463, 463], [466, 466],
];

const ARCHITECTURES: Readonly<Record<string, { readonly index: 0 | 1; readonly audit: number }>> = { x64: { index: 0, audit: 0xc000003e }, arm64: { index: 1, audit: 0xc00000b7 } };

const EPERM = 1;
const EACCES = 13;
const ENOSYS = 38;
const ALLOW = 0x7fff0000;
const ERRNO = 0x00050000;
/** Where `struct seccomp_data` has them. */
const AT = { number: 0, architecture: 4, argument: 16, argumentHigh: 20 } as const;
const [LOAD, JUMP_EQUAL, JUMP_FROM, RETURN, AND] = [0x20, 0x15, 0x35, 0x06, 0x54];

export function callNumber(name: keyof typeof CALLS): number {
  const architecture = ARCHITECTURES[process.arch];
  if (architecture === undefined) throw new KernelRefused(`no numbers of system calls are known for ${process.arch}`);
  return CALLS[name][architecture.index];
}

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, value: number];

/**
 * What Landlock cannot say: no socket but (with `net`) those of IP, no new program, no lever on the machine. `path` is
 * the address of the one execve that must still pass, the evaluator's own: after it that address means nothing.
 */
export function filterProgram(policy: SandboxPolicy, path: bigint): readonly Instruction[] {
  const architecture = ARCHITECTURES[process.arch];
  if (architecture === undefined) throw new KernelRefused(`no filter is known for ${process.arch}`);
  const when = (number: number, then: readonly Instruction[]): Instruction[] => (number < 0 ? [] : [[JUMP_EQUAL, 0, then.length, number], ...then]);
  const refuse = (errno: number): Instruction => [RETURN, 0, 0, ERRNO | errno];
  const program: Instruction[] = [
    [LOAD, 0, 0, AT.architecture], [JUMP_EQUAL, 1, 0, architecture.audit], refuse(EPERM), [LOAD, 0, 0, AT.number],
    // The 32-bit-pointer calls of x64 have numbers of their own.
    ...(process.arch === "x64" ? ([[JUMP_FROM, 0, 1, 0x40000000], refuse(ENOSYS)] as const) : []),
  ];
  for (const numbers of REFUSED) program.push(...when(numbers[architecture.index], [refuse(numbers[0] >= 425 && numbers[0] <= 427 ? ENOSYS : EPERM)]));
  const inet: Instruction[] = [
    [LOAD, 0, 0, AT.argument], [JUMP_EQUAL, 3, 0, 2], [JUMP_EQUAL, 2, 0, 10], [JUMP_EQUAL, 1, 0, 16], refuse(EACCES),
    // Streams and datagrams (names are asked for in those), not raw packets; netlink is how addresses are listed.
    [LOAD, 0, 0, AT.argument + 8], [AND, 0, 0, 0xf], [JUMP_EQUAL, 0, 2, 3], [LOAD, 0, 0, AT.argument], [JUMP_EQUAL, 0, 1, 16], [RETURN, 0, 0, ALLOW], refuse(EACCES),
  ];
  program.push(...when(CALLS.socket[architecture.index], policy.net === "none" ? [refuse(EACCES)] : inet));
  if (!policy.runs) {
    program.push(...when(CALLS.execveat[architecture.index], [refuse(EACCES)]));
    program.push(...when(CALLS.execve[architecture.index], [
      [LOAD, 0, 0, AT.argument], [JUMP_EQUAL, 0, 3, Number(path & 0xffffffffn)], [LOAD, 0, 0, AT.argumentHigh], [JUMP_EQUAL, 0, 1, Number(path >> 32n)], [RETURN, 0, 0, ALLOW], refuse(EACCES),
    ]));
  }
  return [...program, [RETURN, 0, 0, ALLOW]];
}

/** Installs it for this thread and all that comes of it. Needs no_new_privs. */
export function enterSeccomp(kernel: Kernel, program: readonly Instruction[]): void {
  const filter = new DataView(new ArrayBuffer(program.length * 8));
  for (const [index, [code, ifTrue, ifFalse, value]] of program.entries()) {
    filter.setUint16(index * 8, code, true);
    filter.setUint8(index * 8 + 2, ifTrue);
    filter.setUint8(index * 8 + 3, ifFalse);
    filter.setUint32(index * 8 + 4, value >>> 0, true);
  }
  const instructions = new Uint8Array(filter.buffer);
  const header = new BigUint64Array([BigInt(program.length), kernel.address(instructions)]);
  // prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ...)
  kernel.call("prctl(PR_SET_SECCOMP)", callNumber("prctl"), 22, 2, header);
}
