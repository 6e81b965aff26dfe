import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadMutants } from "../scripts/mutants.ts";

const root = join(import.meta.dir, "..");
const mutants = await loadMutants();
const read = (path: string): string => (existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : "");

test("every mutant still applies: what it replaces occurs exactly once", () => {
  expect(mutants.filter(({ file, find }) => read(file).split(find).length !== 2).map(({ area, name, file }) => `${area}/${name}: ${file}`)).toEqual([]);
});

test("every mutant changes something, has a name of its own, and tests that exist", () => {
  expect(mutants.filter(({ find, replace }) => find === replace).map(({ name }) => name)).toEqual([]);
  const names = mutants.map(({ name }) => name);
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  expect(mutants.filter(({ tests }) => tests.length === 0 || !tests.every((path) => existsSync(join(root, path)))).map(({ area, name }) => `${area}/${name}`)).toEqual([]);
});

test("every mutant is named by a test that it is meant to fail", () => {
  const unnamed = mutants.filter(({ name, tests }) => !tests.some((path) => new RegExp(String.raw`switch: mutant [^\n]*\b${RegExp.escape(name)}\b(?!-)`).test(read(path))));
  expect(unnamed.map(({ area, name }) => `${area}/${name}`)).toEqual([]);
});
