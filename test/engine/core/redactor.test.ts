import { expect, test } from "bun:test";
import fc from "fast-check";
import { NO_SECRETS, Redactor, secretsInEnvironment } from "../../../src/engine/core/redactor.ts";

const SECRET = 'sk_live/"q+4Zé9==w~x';

// switch: mutant redactor-forms
test("a secret is found plain and in every encoding that output commonly has", () => {
  const redactor = new Redactor([{ name: "KEY", value: SECRET }]);
  const forms = [
    SECRET,
    JSON.stringify({ a: SECRET }),
    JSON.stringify(JSON.stringify({ a: SECRET })),
    encodeURIComponent(SECRET),
    new URLSearchParams({ a: SECRET }).toString().replaceAll("%7E", "~"),
    encodeURIComponent(SECRET).replaceAll(/%../g, (escape) => escape.toLowerCase()),
    Buffer.from(SECRET).toString("base64"),
    Buffer.from(SECRET).toString("base64url"),
    Buffer.from(SECRET).toString("hex"),
    btoa(`user:${SECRET}`),
    ...["", "u", "us", "use", "user:"].map((before) => Buffer.from(`${before}${SECRET}after`).toString("base64")),
    ...["", "u", "us", "use", "user:"].map((before) => Buffer.from(`${before}${SECRET}`).toString("base64url")),
  ];
  for (const form of forms) {
    expect(redactor.text(`before ${form} after`)).toContain("[redacted:KEY]");
    expect(redactor.text(`before ${form} after`)).not.toContain(form);
  }
});

test("any secret of 8 characters or more is gone from any text, and other text stays as it is", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 8, maxLength: 60 }), fc.string(), fc.string(), (value, before, after) => {
      fc.pre(!"[redacted:A]".includes(value));
      expect(new Redactor([{ name: "A", value }]).text(`${before}${value}${after}`)).not.toBe(`${before}${value}${after}`);
      expect(new Redactor([{ name: "A", value }]).value({ [`k${value}`]: [{ deep: value }] })).not.toEqual({ [`k${value}`]: [{ deep: value }] });
    }),
  );
  const value = { a: [1, "text", null, { b: true }] };
  expect(new Redactor([{ name: "A", value: "12345678" }]).value(value)).toEqual(value);
  expect(NO_SECRETS.value(value)).toBe(value);
});

test("short values are left alone, and the longer of two secrets is found first", () => {
  expect(new Redactor([{ name: "A", value: "1234567" }]).isEmpty).toBe(true);
  const redactor = new Redactor([{ name: "A", value: "abcdefgh" }, { name: "B", value: "abcdefghijkl" }]);
  expect(redactor.text("abcdefghijkl abcdefgh")).toBe("[redacted:B] [redacted:A]");
});

test("variables are secret by the end of their name, or because they are listed", () => {
  const env = { GITHUB_TOKEN: "a".repeat(9), OPENAI_API_KEY: "b", PGPASSWORD: "c", AWS_SECRET_ACCESS_KEY: "d", MY_KEY_2: "e", KEYBOARD: "f", PATH: "g", HOME: "h", TOKENIZERS_PARALLELISM: "i", PLAIN: "j", GONE_TOKEN: undefined };
  expect(secretsInEnvironment(env, ["PLAIN"]).map(({ name }) => name)).toEqual(["GITHUB_TOKEN", "OPENAI_API_KEY", "PGPASSWORD", "AWS_SECRET_ACCESS_KEY", "MY_KEY_2", "PLAIN"]);
});

test("of a secret with several lines each line is one", () => {
  const pem = `-----BEGIN KEY-----\n${"M".repeat(64)}\n${"N".repeat(64)}\n-----END KEY-----\n`;
  const redactor = new Redactor(secretsInEnvironment({ TLS_PRIVATE_KEY: pem }));
  expect(redactor.text(`line: ${"N".repeat(64)}`)).toBe("line: [redacted:TLS_PRIVATE_KEY]");
});
