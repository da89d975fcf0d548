// A portrait as a head that can be moved: the face mesh, rings around it for hair, ears and neck, and the picture's edge.

import {
  CHIN,
  CONTOUR,
  EYES,
  type Eye,
  FOREHEAD,
  INNER_LOWER_LIP,
  INNER_UPPER_LIP,
  LIPS,
  LOWER_LIP,
  MOUTH_CORNERS,
  OUTER_EYE_CORNERS,
  TEMPLES,
} from "./anatomy.ts";
import { type Point, type Triangle, triangulate } from "./triangulation.ts";

/** A portrait's mesh, as `tanu-evaluate landmarks` writes it. */
export interface Landmarks {
  readonly width: number;
  readonly height: number;
  /** 468 points: x and y in pixels, z in the same unit, growing away from the camera. */
  readonly points: readonly (readonly [number, number, number])[];
}

/** What the head does. All zero: it looks straight ahead. */
export interface Pose {
  /** Degrees, positive to the person's left. */
  yaw: number;
  /** Degrees, positive up. */
  pitch: number;
  /** Degrees, positive towards the person's left shoulder. */
  roll: number;
  /** 0 open to 1 closed. */
  eyesClosed: number;
  /** 0 closed to 1 wide open. */
  mouthOpen: number;
  /** Share by which the head is larger than at rest. */
  closer: number;
  /** Shift, in widths of the face. */
  x: number;
  y: number;
}

export const AT_REST: Pose = { yaw: 0, pitch: 0, roll: 0, eyesClosed: 0, mouthOpen: 0, closer: 0, x: 0, y: 0 };

/** Rings around the contour: distance from the face's middle, depth behind the contour in widths of the face, and how far a
 * ring follows the head, above and below. The last one holds still. */
const RINGS = [
  { reach: 1.14, depth: 0.1, above: 1, below: 0.85 },
  { reach: 1.38, depth: 0.3, above: 0.97, below: 0.5 },
  { reach: 1.75, depth: 0.35, above: 0.6, below: 0.18 },
  { reach: 2.5, depth: 0.4, above: 0, below: 0 },
] as const;

/** Where the neck turns: behind the contour, in widths of the face. */
const PIVOT_DEPTH = 0.28;
/** Where the neck nods: below the face's middle, in heights of the face. */
const PIVOT_BELOW = 0.25;
/** How far the chin drops for a wide open mouth, in heights of the face. */
const JAW_DROP = 0.2;

/** How thick the lashes of a closed eye are, in widths of the eye. */
const LASHES = 0.07;
/** How far lashes stand out from the lid, in widths of the eye: enough not to sink into the cheek below, which bulges. */
const LASHES_OUT = 0.06;
/** How much of the lashes a closed lid leaves out, as a share of the way to the fold above. */
const LID_SKIN = 0.45;

type Point3 = [number, number, number];
type Matrix = readonly [Point3, Point3, Point3];

export class Head {
  /** Triangles of skin, hair and background. */
  readonly surface: readonly Triangle[];
  /** Triangles between the lips. */
  readonly mouth: readonly Triangle[];
  /** Triangles along the lashes: without extent while the eyes are open. */
  readonly lashes: readonly Triangle[];
  /** Middle of the face in the portrait, in pixels. */
  readonly middle: Point;
  /** Width and height of the face in the portrait, in pixels. */
  readonly size: Point;

  readonly #points: readonly Point3[];
  readonly #texture: readonly Point[];
  readonly #follows: readonly number[];
  readonly #jaw: readonly number[];
  readonly #pivot: Point3;
  readonly #firstLash: number;
  /** How far the lips are apart in the portrait, in pixels: at rest they are closed. */
  readonly #lipGap: number;
  readonly #rest: { readonly yaw: number; readonly roll: number };

  constructor(landmarks: Landmarks) {
    const mesh = landmarks.points.map((point) => [...point] as Point3);
    const contour = CONTOUR.map((index) => mesh[index]);
    const [left, right] = range(contour.map((point) => point[0]));
    const [top, bottom] = range(contour.map((point) => point[1]));
    this.size = [right - left, bottom - top];
    this.middle = [(left + right) / 2, (top + bottom) / 2];
    const [temple1, temple2] = TEMPLES.map((index) => mesh[index]);
    const back = (temple1[2] + temple2[2]) / 2;
    this.#pivot = [this.middle[0], this.middle[1] + PIVOT_BELOW * this.size[1], back + PIVOT_DEPTH * this.size[0]];
    this.#rest = restPose(mesh);
    this.#lipGap = 0.9 * (mesh[LIPS[1]][1] - mesh[LIPS[0]][1]);

    const points = [...mesh];
    const follows = mesh.map(() => 1);
    const jaw = mesh.map((point, index) => this.#jawWeight(mesh, point, index));
    for (const ring of RINGS) {
      for (const [x, y, z] of contour) {
        const height = (y - this.middle[1]) / this.size[1];
        const below = smooth(-0.1, 0.45, height);
        points.push([
          this.middle[0] + ring.reach * (x - this.middle[0]),
          this.middle[1] + ring.reach * (y - this.middle[1]),
          z + ring.depth * this.size[0],
        ]);
        follows.push(ring.above + (ring.below - ring.above) * below);
        jaw.push(0.6 * Math.max(0, below) ** 2 * (ring === RINGS[0] ? 1 : ring === RINGS[1] ? 0.35 : 0));
      }
    }
    // Past the picture's edge, so that a view that is wider than the portrait is filled too.
    const far = back + this.size[0];
    for (let x = -1; x <= 2; x += 0.25) {
      for (let y = -1; y <= 2; y += 0.25) {
        const [px, py] = [x * landmarks.width, y * landmarks.height];
        const away = Math.max(Math.abs(px - this.middle[0]) / this.size[0], Math.abs(py - this.middle[1]) / this.size[1]);
        if (away < 1.6) continue;
        points.push([px, py, far]);
        follows.push(0);
        jaw.push(0);
      }
    }
    // Triangles are chosen with the mouth open, so that none joins the lips where they touch.
    const opened = points.map(([x, y], index) => [x, y + jaw[index] * JAW_DROP * this.size[1]] as Point);
    const opening = [MOUTH_CORNERS[0], ...INNER_UPPER_LIP, MOUTH_CORNERS[1], ...[...INNER_LOWER_LIP].reverse()];
    const outline = opening.map((index) => opened[index]);
    const triangles = triangulate(opened);
    const inMouth = (triangle: Triangle) => contains(outline, centre(triangle.map((corner) => opened[corner])));
    this.mouth = triangles.filter(inMouth);
    this.surface = triangles.filter((triangle) => !inMouth(triangle));

    const lashes: Triangle[] = [];
    for (const eye of EYES) {
      const line = lashLine(eye);
      const first = points.length;
      for (const index of line) {
        points.push([...points[index]]);
        follows.push(1);
        jaw.push(0);
      }
      for (let at = 1; at < line.length; at++) {
        lashes.push([line[at - 1], line[at], first + at - 1], [line[at], first + at, first + at - 1]);
      }
    }
    this.lashes = lashes;
    this.#firstLash = points.length - 2 * lashLine(EYES[0]).length;
    this.#points = points;
    this.#follows = follows;
    this.#jaw = jaw;
    this.#texture = points.map(([x, y]) => [x, y]);
  }

  /** Every point of the head in that pose: x, y in the portrait's pixels, and depth. */
  posed(pose: Pose): Point3[] {
    const points = this.#points.map((point) => [...point] as Point3);
    closeEyes(points, pose.eyesClosed, this.#firstLash);
    const drop = pose.mouthOpen * JAW_DROP * this.size[1] - (1 - pose.mouthOpen) * this.#lipGap;
    const roll = radians(this.#rest.roll);
    points.forEach((point, index) => {
      point[0] -= this.#jaw[index] * drop * Math.sin(roll);
      point[1] += this.#jaw[index] * drop * Math.cos(roll);
    });

    const rest = rotation(this.#rest.yaw, 0, this.#rest.roll);
    const turn = multiply(rotation(pose.yaw, pose.pitch, pose.roll), transpose(rest));
    const scale = 1 + pose.closer;
    const [px, py, pz] = this.#pivot;
    return points.map((point, index) => {
      const [dx, dy, dz] = apply(turn, [point[0] - px, point[1] - py, point[2] - pz]);
      const moved: Point3 = [
        // Coming closer, the head grows about its middle, not about the neck.
        this.middle[0] + scale * (px + dx - this.middle[0]) + pose.x * this.size[0],
        this.middle[1] + scale * (py + dy - this.middle[1]) + pose.y * this.size[0],
        pz + dz,
      ];
      const follows = this.#follows[index];
      return point.map((value, axis) => value + follows * (moved[axis] - value)) as Point3;
    });
  }

  /** Where each point's colour comes from, in the portrait's pixels. */
  texture(pose: Pose): readonly Point[] {
    if (pose.eyesClosed <= 0) return this.#texture;
    const texture = [...this.#texture];
    for (const eye of EYES) {
      eye.upper.forEach((upper, at) => {
        // A lid that comes down shows skin where the lashes and the white of the eye were.
        texture[upper] = between(texture[upper], texture[eye.fold[at]], LID_SKIN * pose.eyesClosed);
        const lower = eye.lower[at];
        texture[lower] = between(texture[lower], texture[upper], -LID_SKIN * pose.eyesClosed);
      });
    }
    return texture;
  }

  /** How far a point of the mesh goes down with the jaw: 0 not at all, 1 with the lower lip. */
  #jawWeight(mesh: readonly Point3[], point: Point3, index: number): number {
    if ((INNER_LOWER_LIP as readonly number[]).includes(index)) return 1 - 0.55 * this.#aside(mesh, point) ** 2;
    if ((LOWER_LIP as readonly number[]).includes(index)) return 1 - 0.7 * this.#aside(mesh, point) ** 2;
    const lip = middleOf(mesh, MOUTH_CORNERS);
    const down = (point[1] - lip[1]) / (mesh[CHIN][1] - lip[1]);
    const across = Math.abs(point[0] - lip[0]) / (this.size[0] / 2);
    return smooth(0.02, 0.5, down) * (1 - smooth(0.35, 1, across)) * 0.95;
  }

  /** 0 at the middle of the mouth, 1 at its corners. */
  #aside(mesh: readonly Point3[], point: Point3): number {
    const [right, left] = MOUTH_CORNERS.map((corner) => mesh[corner]);
    return Math.min(1, Math.abs(point[0] - (right[0] + left[0]) / 2) / (Math.abs(left[0] - right[0]) / 2));
  }
}

/** The upper lid comes down to the lower one, the fold above follows, and the lashes hang over. */
function closeEyes(points: Point3[], closed: number, firstLash: number): void {
  let lash = firstLash;
  for (const eye of EYES) {
    const shift = eye.upper.map((upper, at) => {
      const lower = points[eye.lower[at]];
      return [0, 1, 2].map((axis) => closed * (lower[axis] - points[upper][axis]));
    });
    eye.upper.forEach((upper, at) => {
      points[upper] = points[upper].map((value, axis) => value + 0.97 * shift[at][axis]) as Point3;
      const fold = eye.fold[at];
      points[fold] = points[fold].map((value, axis) => value + 0.25 * shift[at][axis]) as Point3;
    });
    const [outer, inner] = eye.corners.map((corner) => points[corner]);
    const width = Math.hypot(inner[0] - outer[0], inner[1] - outer[1]);
    for (const [at, index] of lashLine(eye).entries()) {
      const thickness = closed * LASHES * width * Math.sin((Math.PI * at) / (eye.upper.length + 1)) ** 0.5;
      points[lash++] = [points[index][0], points[index][1] + thickness, points[index][2] - LASHES_OUT * width];
    }
  }
}

function lashLine(eye: Eye): readonly number[] {
  return [eye.corners[0], ...eye.upper, eye.corners[1]];
}

/** How the head is turned in the portrait: by the line through the temples and the outer corners of the eyes. */
function restPose(mesh: readonly Point3[]): { yaw: number; roll: number } {
  const across = [TEMPLES, OUTER_EYE_CORNERS].map(([right, left]) => subtract(mesh[left], mesh[right]));
  const [x, y, z] = [0, 1, 2].map((axis) => across[0][axis] + across[1][axis]);
  // A turn to the person's left takes the left temple away from the camera.
  return { yaw: degrees(Math.atan2(z, Math.hypot(x, y))), roll: degrees(Math.atan2(y, x)) };
}

/** Rotation of the picture's axes (x right, y down, z away): yaw and pitch of the head, then roll in the picture. */
function rotation(yaw: number, pitch: number, roll: number): Matrix {
  const [a, b, c] = [yaw, pitch, roll].map(radians);
  const turn: Matrix = [[Math.cos(a), 0, -Math.sin(a)], [0, 1, 0], [Math.sin(a), 0, Math.cos(a)]];
  const nod: Matrix = [[1, 0, 0], [0, Math.cos(b), Math.sin(b)], [0, -Math.sin(b), Math.cos(b)]];
  const tilt: Matrix = [[Math.cos(c), -Math.sin(c), 0], [Math.sin(c), Math.cos(c), 0], [0, 0, 1]];
  return multiply(tilt, multiply(turn, nod));
}

function multiply(a: Matrix, b: Matrix): Matrix {
  return a.map((row) => [0, 1, 2].map((column) => row.reduce((sum, value, k) => sum + value * b[k][column], 0))) as unknown as Matrix;
}

function transpose(matrix: Matrix): Matrix {
  return [0, 1, 2].map((column) => matrix.map((row) => row[column])) as unknown as Matrix;
}

function apply(matrix: Matrix, vector: Point3): Point3 {
  return matrix.map((row) => row.reduce((sum, value, axis) => sum + value * vector[axis], 0)) as Point3;
}

function between([ax, ay]: Point, [bx, by]: Point, share: number): Point {
  return [ax + share * (bx - ax), ay + share * (by - ay)];
}

function contains(outline: readonly Point[], [x, y]: Point): boolean {
  let inside = false;
  outline.forEach(([ax, ay], index) => {
    const [bx, by] = outline[(index + 1) % outline.length];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  });
  return inside;
}

function centre(points: readonly Point[]): Point {
  return [0, 1].map((axis) => points.reduce((sum, point) => sum + point[axis], 0) / points.length) as unknown as Point;
}

function middleOf(mesh: readonly Point3[], [a, b]: readonly [number, number]): Point3 {
  return mesh[a].map((value, axis) => (value + mesh[b][axis]) / 2) as Point3;
}

function subtract(a: Point3, b: Point3): Point3 {
  return a.map((value, axis) => value - b[axis]) as Point3;
}

function range(values: readonly number[]): [number, number] {
  return [Math.min(...values), Math.max(...values)];
}

function smooth(from: number, to: number, value: number): number {
  const t = Math.min(1, Math.max(0, (value - from) / (to - from)));
  return t * t * (3 - 2 * t);
}

const radians = (angle: number) => (angle * Math.PI) / 180;
const degrees = (angle: number) => (angle * 180) / Math.PI;
