// Synthetic individual identification numbers.

import { randomInt } from "node:crypto";

const FIRST = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
const SECOND = [3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2];

/** A number of nobody: its seventh digit says that the person was born in the nineteenth century. */
export function syntheticIin(): string {
  const two = (value: number) => String(value).padStart(2, "0");
  for (;;) {
    const birth = [randomInt(100), randomInt(1, 13), randomInt(1, 29)].map(two).join("");
    const eleven = `${birth}${randomInt(1, 3)}${String(randomInt(10_000)).padStart(4, "0")}`;
    const digit = checkDigit(eleven);
    if (digit !== undefined) return `${eleven}${digit}`;
  }
}

/** The same number with another check digit. */
export function withWrongCheckDigit(iin: string): string {
  return `${iin.slice(0, 11)}${(Number(iin[11]) + 1) % 10}`;
}

function checkDigit(eleven: string): number | undefined {
  return [FIRST, SECOND]
    .map((weights) => weights.reduce((sum, weight, at) => sum + weight * Number(eleven[at]), 0) % 11)
    .find((remainder) => remainder < 10);
}
