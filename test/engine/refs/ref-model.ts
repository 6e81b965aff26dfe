const PARTS = ["human", "persona", "world"];
/** `refs.max_depth`. */
const DEEPEST = 8;

type Row = Record<string, string | number | null>;

interface Hook {
  readonly name: string;
  readonly action: string;
  /** The audit log's destination, the webhook's url, or the ref that it moves along. */
  readonly to: string;
  enabled: boolean;
}

interface Branch {
  readonly main: boolean;
  readonly hooks: boolean;
  readonly parent: string | undefined;
  /** Branches are other ones when they come back under the same name. */
  readonly serial: number;
}

interface State {
  readonly refs: Row[];
  readonly history: Row[];
  readonly branches: Row[];
  readonly audit: Row[];
  readonly outbox: Row[];
}

/** What contract section 8 says, with plain maps. Each operation returns whether it is possible; where it is not, the caller restores. */
export class RefModel {
  #refs = new Map<string, string>();
  #history: Row[] = [];
  #branches = new Map<string, Branch>();
  #audit: Row[] = [];
  #outbox: Row[] = [];
  readonly #hooks = new Map<string, Hook>();
  #serial = 0;

  copy(): [Map<string, string>, Row[], Map<string, Branch>, Row[], Row[]] {
    return [new Map(this.#refs), [...this.#history], new Map(this.#branches), [...this.#audit], [...this.#outbox]];
  }

  restore([refs, history, branches, audit, outbox]: ReturnType<RefModel["copy"]>): void {
    [this.#refs, this.#history, this.#branches, this.#audit, this.#outbox] = [refs, history, branches, audit, outbox];
  }

  state(): State {
    const named = [...this.#branches].sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      refs: [...this.#refs].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, at]) => ({ name, at })),
      history: this.#history,
      branches: named.map(([name, { main, hooks, parent }]) => ({ name, main: main ? 1 : 0, hooks: hooks ? 1 : 0, parent: named.find(([, { serial }]) => String(serial) === parent)?.[0] ?? null })),
      audit: this.#audit,
      outbox: this.#outbox,
    };
  }

  set(name: string, content: string, hooks: boolean): boolean {
    return this.#write(name, content, "set", hooks);
  }

  remove(name: string): boolean {
    const before = this.#refs.get(name);
    if (before === undefined) return true;
    this.#refs.delete(name);
    this.#history.push({ name, at: null, before, action: "delete", hooks: "none" });
    return true;
  }

  create(_prefix: string, name: string, main: boolean): boolean {
    if (this.#branches.has(name)) return false;
    this.#branches.set(name, { main, hooks: main, parent: undefined, serial: (this.#serial += 1) });
    return true;
  }

  fork(prefix: string, source: string, target: string): boolean {
    const from = this.#branches.get(source);
    if (from === undefined || this.#branches.has(target)) return false;
    if (PARTS.some((part) => this.#refs.has(`${prefix}/${part}/${target}`))) return false;
    this.#branches.set(target, { main: false, hooks: false, parent: String(from.serial), serial: (this.#serial += 1) });
    for (const part of PARTS) {
      const at = this.#refs.get(`${prefix}/${part}/${source}`);
      if (at !== undefined) this.#write(`${prefix}/${part}/${target}`, at, "fork", false);
    }
    return true;
  }

  promote(prefix: string, source: string, target: string, hooks: boolean): boolean {
    if (!this.#branches.has(source) || !this.#branches.has(target) || source === target) return false;
    for (const part of PARTS) {
      const at = this.#refs.get(`${prefix}/${part}/${source}`);
      const name = `${prefix}/${part}/${target}`;
      if (at === undefined || this.#refs.get(name) === at) continue;
      if (!this.#write(name, at, "promote", hooks)) return false;
    }
    return true;
  }

  removeBranch(prefix: string, name: string, withRefs: boolean): boolean {
    const branch = this.#branches.get(name);
    if (branch === undefined || branch.main) return false;
    this.#branches.delete(name);
    if (withRefs) for (const part of PARTS) this.remove(`${prefix}/${part}/${name}`);
    return true;
  }

  hook(id: string, name: string, action: string, to: string): void {
    this.#hooks.set(id, { name, action, to, enabled: true });
  }

  someHook(chance: number): string | undefined {
    const ids = [...this.#hooks.keys()];
    return ids[Math.floor(chance * ids.length)];
  }

  toggle(id: string, enabled: boolean): void {
    const hook = this.#hooks.get(id);
    if (hook !== undefined) hook.enabled = enabled;
  }

  unhook(id: string): void {
    this.#hooks.delete(id);
  }

  /** `path`: the refs whose hooks led here. */
  #write(name: string, at: string, action: string, wanted: boolean, path: readonly string[] = []): boolean {
    if (path.includes(name) || path.length > DEEPEST) return false;
    const before = this.#refs.get(name) ?? null;
    // Maps keep the order in which hooks were made.
    const hooks = [...this.#hooks.values()].filter((hook) => hook.enabled && hook.name === name);
    const [prefix, part, branch] = name.split("/");
    const off = prefix === "m" && PARTS.includes(part ?? "") && this.#branches.get(branch ?? "")?.hooks === false;
    const ran = !wanted ? "off" : off ? "branch" : hooks.length === 0 ? "none" : "ran";
    this.#refs.set(name, at);
    this.#history.push({ name, at, before, action, hooks: ran });
    if (ran !== "ran") return true;
    for (const { action: kind, to } of hooks) {
      if (kind === "fail") return false;
      if (kind === "audit_log") this.#audit.push({ destination: to, name, at, before });
      if (kind === "webhook") this.#outbox.push({ url: to, name, at, before });
      if (kind === "copy" && !this.#write(to, at, "set", true, [...path, name])) return false;
    }
    return true;
  }
}
