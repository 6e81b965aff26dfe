/** What stands in a glob over ref names before its first wildcard. */
function literalStart(glob: string): string {
  return glob.slice(0, /[*?[{\\!]/.exec(glob)?.index ?? glob.length);
}

export interface RefGlob {
  readonly match: (name: string) => boolean;
  /** Every name that matches begins so. */
  readonly start: string;
}

/** `agent/*` is one word more, `agent/**` any number; `?`, `[abc]` and `{a,b}` as in a shell. */
export function refGlob(glob: string): RefGlob {
  const compiled = new Bun.Glob(glob);
  return { match: (name) => compiled.match(name), start: literalStart(glob) };
}
