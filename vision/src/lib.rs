//! Pixels to faces: decode, detect, landmarks, head pose, eyes, alignment, embedding, passive attack score, quality.
