// A step's frames as the browser sends them: CBOR (RFC 8949) with a chain of hashes over the frames.
// Written again here, apart from the product's own code, so that a test can also make what that code never would.

import { createHash } from "node:crypto";

export const CAPTURE_TYPE = "application/vnd.tanu.capture+cbor";

export interface Frame {
  n: number;
  /** Microseconds since the step was shown. */
  t: number;
  /** JPEG. */
  j: Uint8Array;
}

export interface Capture {
  nonce: string;
  camera: "device" | "virtual";
  frames: Frame[];
  head: string;
}

/** Frames bound to the step of that transaction and nonce. */
export function seal(transaction: string, nonce: string, frames: Frame[], camera: Capture["camera"] = "virtual"): Capture {
  let link = ofParts("tanu/capture/1", [bytes(transaction), bytes(nonce)]);
  for (const frame of frames) {
    const digest = createHash("sha256").update(frame.j).digest();
    link = ofParts("tanu/frame/1", [link, bigEndian(frame.n, 4), bigEndian(frame.t, 8), digest]);
  }
  return { nonce, camera, frames, head: link.toString("base64url") };
}

/** Frames numbered and timed as a camera of that rate gives them. */
export function framesOf(pictures: readonly Uint8Array[], framesPerSecond = 12): Frame[] {
  return pictures.map((j, n) => ({ n, t: Math.round((n + 1) * (1e6 / framesPerSecond)), j }));
}

type Encodable = string | number | Uint8Array | Encodable[] | { [key: string]: Encodable };

/** CBOR of a value. */
export function encode(value: Encodable): Buffer {
  if (typeof value === "string") return Buffer.concat([start(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (typeof value === "number") return start(0, value);
  if (value instanceof Uint8Array) return Buffer.concat([start(2, value.length), value]);
  if (Array.isArray(value)) return Buffer.concat([start(4, value.length), ...value.map(encode)]);
  const entries = Object.entries(value);
  return Buffer.concat([start(5, entries.length), ...entries.flatMap(([key, item]) => [encode(key), encode(item)])]);
}

export const encodeCapture = (capture: Capture) => encode(capture as unknown as Encodable);

/** The first bytes of a CBOR item: major type and argument. */
function start(major: number, argument: number): Buffer {
  const type = major << 5;
  if (argument < 24) return Buffer.from([type | argument]);
  if (argument < 0x100) return Buffer.concat([Buffer.from([type | 24]), bigEndian(argument, 1)]);
  if (argument < 0x10000) return Buffer.concat([Buffer.from([type | 25]), bigEndian(argument, 2)]);
  if (argument < 0x1_0000_0000) return Buffer.concat([Buffer.from([type | 26]), bigEndian(argument, 4)]);
  return Buffer.concat([Buffer.from([type | 27]), bigEndian(argument, 8)]);
}

function bigEndian(value: number, length: number): Buffer {
  const eight = Buffer.alloc(8);
  eight.writeBigUInt64BE(BigInt(value));
  return eight.subarray(8 - length);
}

function ofParts(domain: string, parts: readonly Uint8Array[]): Buffer {
  const hash = createHash("sha256");
  for (const part of [Buffer.from(domain), ...parts]) hash.update(bigEndian(part.length, 8)).update(part);
  return hash.digest();
}

const bytes = (base64url: string) => Buffer.from(base64url, "base64url");
