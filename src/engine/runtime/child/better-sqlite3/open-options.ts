import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { booleanOption, functionOption, type GivenOptions, optionsFrom } from "./options.ts";

export interface DatabaseOptions {
  /** Open in readonly mode. Default false. */
  readonly readonly?: boolean;
  /** Throw instead of creating a missing file. Default false. */
  readonly fileMustExist?: boolean;
  /** Milliseconds to wait on a locked database before `SQLITE_BUSY`. Default 5000. */
  readonly timeout?: number;
  /** Called with every SQL string that is executed. */
  readonly verbose?: ((sql: string) => unknown) | null;
}

/** A constructor call, checked and completed. */
export interface OpenRequest {
  /** The name as given; what `Database#name` answers. */
  readonly name: string;
  readonly filename: string;
  /** In-memory or temporary. */
  readonly anonymous: boolean;
  /** A serialized database to open in memory. */
  readonly contents: Uint8Array | undefined;
  readonly readonly: boolean;
  readonly fileMustExist: boolean;
  /** Milliseconds. */
  readonly timeout: number;
  readonly verbose: ((sql: string) => unknown) | undefined;
}

const DEFAULT_TIMEOUT_MS = 5000;
const MAX_TIMEOUT_MS = 0x7fffffff;

export function openRequest(given: unknown, givenOptions: unknown): OpenRequest {
  const contents = Buffer.isBuffer(given) ? given : undefined;
  const name = contents === undefined ? given ?? "" : ":memory:";
  if (typeof name !== "string") throw new TypeError("Expected first argument to be a string");
  const options = optionsFrom(givenOptions, "second");
  refuseUnsupported(options);
  const filename = name.trim();
  const anonymous = filename === "" || filename === ":memory:";
  const readonly = booleanOption(options, "readonly");
  const fileMustExist = booleanOption(options, "fileMustExist");
  if (readonly && anonymous && contents === undefined) {
    throw new TypeError("In-memory/temporary databases cannot be readonly");
  }
  const timeout = timeoutOption(options);
  const verbose = functionOption(options, "verbose");
  if (!anonymous && !existsSync(dirname(filename))) {
    throw new TypeError("Cannot open database because the directory does not exist");
  }
  return { name, filename, anonymous, contents, readonly, fileMustExist, timeout, verbose };
}

function refuseUnsupported(options: GivenOptions): void {
  if ("readOnly" in options) throw new TypeError('Misspelled option "readOnly" should be "readonly"');
  if ("memory" in options) {
    throw new TypeError('Option "memory" was removed in v7.0.0 (use ":memory:" filename instead)');
  }
  if (options["nativeBinding"] !== undefined && options["nativeBinding"] !== null) {
    throw new TypeError('Option "nativeBinding" is not available inside nexus hooks');
  }
}

function timeoutOption(options: GivenOptions): number {
  const timeout = "timeout" in options ? options["timeout"] : DEFAULT_TIMEOUT_MS;
  if (typeof timeout !== "number" || !Number.isInteger(timeout) || timeout < 0) {
    throw new TypeError('Expected the "timeout" option to be a positive integer');
  }
  if (timeout > MAX_TIMEOUT_MS) throw new RangeError(`Option "timeout" cannot be greater than ${MAX_TIMEOUT_MS}`);
  return timeout;
}
