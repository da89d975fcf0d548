// Which points of the 468-point face mesh are which part of the face. "Left" and "right" are the person's.

/** One eye: its lids from the outer to the inner corner, both corners left out. */
export interface Eye {
  readonly upper: readonly number[];
  readonly lower: readonly number[];
  /** The points of the fold above the upper lid. */
  readonly fold: readonly number[];
  readonly corners: readonly [number, number];
}

export const EYES: readonly Eye[] = [
  {
    upper: [246, 161, 160, 159, 158, 157, 173],
    lower: [7, 163, 144, 145, 153, 154, 155],
    fold: [247, 30, 29, 27, 28, 56, 190],
    corners: [33, 133],
  },
  {
    upper: [466, 388, 387, 386, 385, 384, 398],
    lower: [249, 390, 373, 374, 380, 381, 382],
    fold: [467, 260, 259, 257, 258, 286, 414],
    corners: [263, 362],
  },
];

/** Corners of the mouth's opening: right and left. */
export const MOUTH_CORNERS = [78, 308] as const;
/** Middle of the opening: on the upper and on the lower lip. */
export const LIPS = [13, 14] as const;
/** The opening's edge on the upper lip, from right to left. */
export const INNER_UPPER_LIP = [191, 80, 81, 82, 13, 312, 311, 310, 415] as const;
/** The opening's edge on the lower lip, from right to left. */
export const INNER_LOWER_LIP = [95, 88, 178, 87, 14, 317, 402, 318, 324] as const;
/** The remaining points of the lower lip. */
export const LOWER_LIP = [
  96, 89, 179, 86, 15, 316, 403, 319, 325, 77, 90, 180, 85, 16, 315, 404, 320, 307, 146, 91, 181, 84, 17, 314, 405, 321, 375,
] as const;
/** The face's contour, clockwise in the picture from the middle of the forehead. */
export const CONTOUR = [
  10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150, 136, 172, 58,
  132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
] as const;
export const FOREHEAD = 10;
export const CHIN = 152;
/** The contour at the height of the ears: right and left. */
export const TEMPLES = [234, 454] as const;
/** Outer corners of the eyes: right and left. */
export const OUTER_EYE_CORNERS = [33, 263] as const;
