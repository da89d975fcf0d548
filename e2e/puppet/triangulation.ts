// Delaunay triangulation of points in the plane (Bowyer 1981, Watson 1981).

/** A point in the plane. */
export type Point = readonly [number, number];
/** Indices of a triangle's corners. */
export type Triangle = readonly [number, number, number];

interface Circle {
  readonly corners: Triangle;
  readonly x: number;
  readonly y: number;
  readonly squaredRadius: number;
}

/** Triangles over all points, such that no point lies within the circle through the corners of any. */
export function triangulate(points: readonly Point[]): Triangle[] {
  const reach = 64 * Math.max(1, ...points.flat().map(Math.abs));
  // Three far corners hold everything; triangles that touch them are dropped at the end.
  const all = [...points, [-reach, -reach], [reach, -reach], [0, reach]] as Point[];
  const first = points.length;
  let circles = [circleThrough(all, [first, first + 1, first + 2])];
  for (let index = 0; index < first; index++) {
    const [x, y] = all[index];
    const edges = new Map<string, readonly [number, number]>();
    const kept: Circle[] = [];
    for (const circle of circles) {
      if ((x - circle.x) ** 2 + (y - circle.y) ** 2 >= circle.squaredRadius) {
        kept.push(circle);
        continue;
      }
      const [a, b, c] = circle.corners;
      for (const [from, to] of [[a, b], [b, c], [c, a]] as const) {
        // An edge of two removed triangles lies inside the hole; those of one are its rim.
        const reverse = `${to},${from}`;
        if (!edges.delete(reverse)) edges.set(`${from},${to}`, [from, to]);
      }
    }
    for (const [from, to] of edges.values()) kept.push(circleThrough(all, [from, to, index]));
    circles = kept;
  }
  return circles.map((circle) => circle.corners).filter((corners) => corners.every((corner) => corner < first));
}

function circleThrough(points: readonly Point[], corners: Triangle): Circle {
  const [[ax, ay], [bx, by], [cx, cy]] = corners.map((corner) => points[corner]);
  const [dx, dy, ex, ey] = [bx - ax, by - ay, cx - ax, cy - ay];
  const twice = 2 * (dx * ey - dy * ex);
  const [d, e] = [dx * dx + dy * dy, ex * ex + ey * ey];
  const x = (ey * d - dy * e) / twice;
  const y = (dx * e - ex * d) / twice;
  return { corners, x: ax + x, y: ay + y, squaredRadius: x * x + y * y };
}
