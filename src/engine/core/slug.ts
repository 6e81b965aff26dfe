const MAX_CHARS = 64;

/** Latin letters that Unicode does not take apart into a base letter and an accent. */
const LETTERS: Readonly<Record<string, string>> = { ß: "ss", æ: "ae", œ: "oe", ø: "o", ł: "l", đ: "d", þ: "th", ı: "i" };

/** `Casey Safety Check` → `casey-safety-check`: a-z, 0-9 and dashes, at most 64 characters; "" when nothing is left. */
export function slugOf(name: string): string {
  return name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[ßæœøłđþı]/g, (letter) => LETTERS[letter] ?? letter)
    .replace(/['’]/g, "")
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, MAX_CHARS + 1)
    .replace(/^-+/, "")
    .slice(0, MAX_CHARS)
    .replace(/-+$/, "");
}
