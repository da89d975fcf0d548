//! Cuts a piece out of a picture through an affine map, straight into a network's input: bilinear, planar, normalised.

use crate::{
    geometry::{Affine, Point},
    picture::{Channels, View},
};

/// What a network wants of its input: channel order, and `value × scale + bias` for values 0 to 255.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Normalise {
    pub(crate) order: Order,
    pub(crate) scale: f32,
    pub(crate) bias: f32,
}

/// Order of the colour planes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Rgb,
    Bgr,
}

/// What lies outside the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Border {
    /// Black.
    Black,
    /// The nearest pixel of the picture.
    Nearest,
}

/// How a piece much larger than the network's input is made smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shrink {
    /// One bilinear sample per output pixel, as the network was trained.
    Sample,
    /// The mean of several samples (one per two pixels or so), so that fine texture doesn't alias.
    Mean,
}

/// Fills `planes` (3 × `height` × `width`) with the picture's pixels at `to_picture(output pixel)`.
pub(crate) fn warp(
    view: View<'_>,
    to_picture: &Affine,
    (width, height): (usize, usize),
    (border, shrink): (Border, Shrink),
    normalise: Normalise,
    planes: &mut [f32],
) {
    let area = width * height;
    if area == 0 || planes.len() != 3 * area {
        return;
    }
    let (first, rest) = planes.split_at_mut(area);
    let (second, third) = rest.split_at_mut(area);
    let (first, third) = if normalise.order == Order::Rgb {
        (first, third)
    } else {
        (third, first)
    };
    let rows = first
        .chunks_exact_mut(width)
        .zip(second.chunks_exact_mut(width))
        .zip(third.chunks_exact_mut(width));
    let Normalise { scale, bias, .. } = normalise;
    let taps = match shrink {
        Shrink::Sample => 1,
        Shrink::Mean => ((to_picture.scale() / 2.0).round().clamp(1.0, 8.0)) as usize,
    };
    for (y, ((red, green), blue)) in rows.enumerate() {
        for first in (0..width).step_by(BLOCK) {
            let block = Block { first, y, taps };
            let pixels = match view.channels() {
                Channels::Rgb => block.mean::<3>(view, to_picture, border),
                Channels::Rgba => block.mean::<4>(view, to_picture, border),
            };
            let columns = first..width.min(first + BLOCK);
            for (plane, channel) in [(&mut *red, 0), (&mut *green, 1), (&mut *blue, 2)] {
                for (value, pixel) in plane[columns.clone()].iter_mut().zip(&pixels) {
                    *value = pixel[channel] * scale + bias;
                }
            }
        }
    }
}

/// Number of output pixels that are worked on at once: positions and planes are then computed four at a time.
const BLOCK: usize = 16;

/// Some output pixels beside each other in one row. What lies past the row's end is computed and dropped.
#[derive(Clone, Copy)]
struct Block {
    /// Column of the first.
    first: usize,
    y: usize,
    /// Samples of each pixel, across and down.
    taps: usize,
}

impl Block {
    /// The mean of the samples of each pixel: red, green, blue, and a fourth number without meaning.
    #[inline(always)]
    fn mean<const C: usize>(self, view: View<'_>, map: &Affine, border: Border) -> [[f32; 4]; BLOCK] {
        let mut sums = [[0.0; 4]; BLOCK];
        let step = 1.0 / self.taps as f32;
        for j in 0..self.taps {
            for i in 0..self.taps {
                let (x, y) = self.positions(map, (i as f32 + 0.5) * step, (j as f32 + 0.5) * step);
                // Positions lie on a line, so those between two that are inside are inside.
                if inside(view, (x[0], y[0])) && inside(view, (x[BLOCK - 1], y[BLOCK - 1])) {
                    add_inside::<C>(view, &x, &y, &mut sums);
                } else {
                    add_anywhere::<C>(view, &x, &y, border, &mut sums);
                }
            }
        }
        let weight = step * step;
        sums.map(|sum| sum.map(|value| value * weight))
    }

    /// Where the picture is sampled, in pixel indices: a continuous coordinate less half a pixel.
    #[inline(always)]
    fn positions(self, map: &Affine, within_x: f32, within_y: f32) -> ([f32; BLOCK], [f32; BLOCK]) {
        let (mut x, mut y) = ([0.0; BLOCK], [0.0; BLOCK]);
        let row = self.y as f32 + within_y;
        for (n, (x, y)) in x.iter_mut().zip(&mut y).enumerate() {
            let p = map.apply(Point {
                x: (self.first + n) as f32 + within_x,
                y: row,
            });
            (*x, *y) = (p.x - 0.5, p.y - 0.5);
        }
        (x, y)
    }
}

/// Whether all four neighbours of a position are pixels of the picture, with a margin for rounding along a row.
fn inside(view: View<'_>, (x, y): (f32, f32)) -> bool {
    x > 0.01 && y > 0.01 && x < view.width() as f32 - 1.01 && y < view.height() as f32 - 1.01
}

/// Adds a sample at each position, all of which are [`inside`].
#[inline(always)]
fn add_inside<const C: usize>(view: View<'_>, x: &[f32; BLOCK], y: &[f32; BLOCK], sums: &mut [[f32; 4]; BLOCK]) {
    let stride = view.width() as usize * C;
    let (mut starts, mut fx, mut fy) = ([0_u32; BLOCK], [0.0; BLOCK], [0.0; BLOCK]);
    for n in 0..BLOCK {
        // By way of `i32`, to which processors cast in one step.
        let (left, top) = (x[n] as i32, y[n] as i32);
        (fx[n], fy[n]) = (x[n] - left as f32, y[n] - top as f32);
        starts[n] = (top as u32)
            .wrapping_mul(stride as u32)
            .wrapping_add(left as u32 * C as u32);
    }
    let data = view.data();
    for (n, sum) in sums.iter_mut().enumerate() {
        let start = starts[n] as usize;
        let (Some(upper), Some(lower)) = (
            data.get(start..start + 2 * C),
            data.get(start + stride..start + stride + 2 * C),
        ) else {
            continue;
        };
        let mixed = if C == 4
            && let (Ok(upper), Ok(lower)) = (upper.try_into(), lower.try_into())
        {
            // A pixel of four channels fills a register, the unused fourth with it.
            mix_rgba(upper, lower, fx[n], fy[n])
        } else {
            let channel = |at: usize| {
                let [a, b, c, d] = [upper[at], upper[at + C], lower[at], lower[at + C]].map(f32::from);
                mix(mix(a, b, fx[n]), mix(c, d, fx[n]), fy[n])
            };
            [channel(0), channel(1), channel(2), 0.0]
        };
        for (sum, value) in sum.iter_mut().zip(mixed) {
            *sum += value;
        }
    }
}

fn mix(a: f32, b: f32, share: f32) -> f32 {
    a + (b - a) * share
}

/// Mixes two by two pixels, channel by channel.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
#[inline(always)]
fn mix_rgba(upper: [u8; 8], lower: [u8; 8], fx: f32, fy: f32) -> [f32; 4] {
    let channel = |at: usize| {
        let [a, b, c, d] = [upper[at], upper[at + 4], lower[at], lower[at + 4]].map(f32::from);
        mix(mix(a, b, fx), mix(c, d, fx), fy)
    };
    [channel(0), channel(1), channel(2), channel(3)]
}

/// Mixes two by two pixels, all channels at once: left to itself the compiler converts byte by byte.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
#[inline(always)]
fn mix_rgba(upper: [u8; 8], lower: [u8; 8], fx: f32, fy: f32) -> [f32; 4] {
    use core::arch::wasm32::*;

    let mix = |a: v128, b: v128, share: v128| f32x4_add(a, f32x4_mul(f32x4_sub(b, a), share));
    let across = f32x4_splat(fx);
    let row = |pixels: [u8; 8]| {
        let channels = u16x8_extend_low_u8x16(u64x2_splat(u64::from_le_bytes(pixels)));
        let left = f32x4_convert_i32x4(u32x4_extend_low_u16x8(channels));
        let right = f32x4_convert_i32x4(u32x4_extend_high_u16x8(channels));
        mix(left, right, across)
    };
    let mixed = mix(row(upper), row(lower), f32x4_splat(fy));
    [
        f32x4_extract_lane::<0>(mixed),
        f32x4_extract_lane::<1>(mixed),
        f32x4_extract_lane::<2>(mixed),
        f32x4_extract_lane::<3>(mixed),
    ]
}

/// Adds a sample at each position, wherever it is.
fn add_anywhere<const C: usize>(
    view: View<'_>,
    x: &[f32; BLOCK],
    y: &[f32; BLOCK],
    border: Border,
    sums: &mut [[f32; 4]; BLOCK],
) {
    for ((sum, &x), &y) in sums.iter_mut().zip(x).zip(y) {
        for (sum, value) in sum.iter_mut().zip(sample_anywhere::<C>(view, (x, y), border)) {
            *sum += value;
        }
    }
}

fn sample_anywhere<const C: usize>(view: View<'_>, (x, y): (f32, f32), border: Border) -> [f32; 3] {
    // Far outside, the casts below saturate; a position that isn't a number becomes pixel 0.
    let (left, top) = (x.floor(), y.floor());
    let (fx, fy) = (x - left, y - top);
    let (left, top) = (left as i64, top as i64);
    let mut rgb = [0.0; 3];
    for (dx, dy, weight) in [
        (0, 0, (1.0 - fx) * (1.0 - fy)),
        (1, 0, fx * (1.0 - fy)),
        (0, 1, (1.0 - fx) * fy),
        (1, 1, fx * fy),
    ] {
        let pixel = pixel_at::<C>(view, left.saturating_add(dx), top.saturating_add(dy), border);
        for (value, channel) in rgb.iter_mut().zip(pixel) {
            *value += weight * f32::from(channel);
        }
    }
    rgb
}

fn pixel_at<const C: usize>(view: View<'_>, x: i64, y: i64, border: Border) -> [u8; 3] {
    let (right, bottom) = (i64::from(view.width()) - 1, i64::from(view.height()) - 1);
    if border == Border::Black && (x < 0 || y < 0 || x > right || y > bottom) {
        return [0; 3];
    }
    let (x, y) = (x.clamp(0, right) as usize, y.clamp(0, bottom) as usize);
    let start = (y * view.width() as usize + x) * C;
    match view.data().get(start..start + 3) {
        Some(pixel) => [pixel[0], pixel[1], pixel[2]],
        None => [0; 3],
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::picture::Picture;

    const PLAIN: Normalise = Normalise {
        order: Order::Rgb,
        scale: 1.0,
        bias: 0.0,
    };

    /// Red grows with x, green with y, blue is 7.
    fn gradient(width: u32, height: u32) -> Picture {
        let rgb = (0..height)
            .flat_map(|y| (0..width).flat_map(move |x| [x as u8, y as u8, 7]))
            .collect();
        Picture::from_rgb(width, height, rgb).unwrap()
    }

    fn map(scale: f32, tx: f32, ty: f32) -> Affine {
        Affine {
            a: scale,
            b: 0.0,
            c: 0.0,
            d: scale,
            tx,
            ty,
        }
    }

    #[test]
    fn identity_copies_each_pixel() {
        let picture = gradient(5, 4);
        let mut planes = vec![0.0; 60];
        warp(
            picture.view(),
            &map(1.0, 0.0, 0.0),
            (5, 4),
            (Border::Black, Shrink::Mean),
            PLAIN,
            &mut planes,
        );
        let expected: Vec<f32> = (0..3)
            .flat_map(|c| picture.rgb().iter().skip(c).step_by(3).map(|v| f32::from(*v)))
            .collect();
        assert_eq!(planes, expected);
    }

    #[test]
    fn half_size_is_the_mean_of_four() {
        let picture = gradient(4, 4);
        let mut planes = vec![0.0; 12];
        warp(
            picture.view(),
            &map(2.0, 0.0, 0.0),
            (2, 2),
            (Border::Black, Shrink::Sample),
            PLAIN,
            &mut planes,
        );
        assert_eq!(planes, [0.5, 2.5, 0.5, 2.5, 0.5, 0.5, 2.5, 2.5, 7.0, 7.0, 7.0, 7.0]);
    }

    #[test]
    fn order_scale_and_bias_are_applied() {
        let picture = Picture::from_rgb(1, 1, vec![10, 20, 30]).unwrap();
        let mut planes = vec![0.0; 3];
        let normalise = Normalise {
            order: Order::Bgr,
            scale: 0.5,
            bias: -1.0,
        };
        warp(
            picture.view(),
            &map(1.0, 0.0, 0.0),
            (1, 1),
            (Border::Nearest, Shrink::Sample),
            normalise,
            &mut planes,
        );
        assert_eq!(planes, [14.0, 9.0, 4.0]);
    }

    #[test]
    fn outside_is_black_or_the_nearest_pixel() {
        let picture = Picture::from_rgb(2, 2, vec![9; 12]).unwrap();
        let mut planes = vec![1.0; 3];
        warp(
            picture.view(),
            &map(1.0, 50.0, 50.0),
            (1, 1),
            (Border::Black, Shrink::Sample),
            PLAIN,
            &mut planes,
        );
        assert_eq!(planes, [0.0; 3]);
        warp(
            picture.view(),
            &map(1.0, 50.0, 50.0),
            (1, 1),
            (Border::Nearest, Shrink::Sample),
            PLAIN,
            &mut planes,
        );
        assert_eq!(planes, [9.0; 3]);
    }

    proptest! {
        #[test]
        fn rgba_and_rgb_give_the_same(scale in 0.1_f32..9.0, tx in -30.0_f32..30.0, ty in -30.0_f32..30.0, nearest: bool) {
            let rgb = gradient(20, 15);
            let rgba: Vec<u8> = rgb.rgb().chunks_exact(3).flat_map(|p| [p[0], p[1], p[2], 255]).collect();
            let border = if nearest { Border::Nearest } else { Border::Black };
            let (mut a, mut b) = (vec![0.0; 192], vec![0.0; 192]);
            warp(rgb.view(), &map(scale, tx, ty), (8, 8), (border, Shrink::Mean), PLAIN, &mut a);
            warp(View::rgba(20, 15, &rgba).unwrap(), &map(scale, tx, ty), (8, 8), (border, Shrink::Mean), PLAIN, &mut b);
            prop_assert_eq!(a, b);
        }

        #[test]
        fn what_is_inside_is_sampled_as_it_is_anywhere(angle in 0.0_f32..6.3, scale in 0.05_f32..0.5) {
            let picture = gradient(60, 50);
            let (sin, cos) = (scale * angle.sin(), scale * angle.cos());
            let turned = Affine { a: cos, b: -sin, c: sin, d: cos, tx: 30.0 - 20.0 * (cos - sin), ty: 25.0 - 20.0 * (sin + cos) };
            let mut planes = vec![0.0; 3 * 40 * 40];
            warp(picture.view(), &turned, (40, 40), (Border::Black, Shrink::Sample), PLAIN, &mut planes);
            for (n, value) in planes.iter().enumerate() {
                let (x, y) = ((n % 40) as f32 + 0.5, (n / 40 % 40) as f32 + 0.5);
                let p = turned.apply(Point { x, y });
                let expected = sample_anywhere::<3>(picture.view(), (p.x - 0.5, p.y - 0.5), Border::Black);
                prop_assert!((value - expected[n / 1600]).abs() < 1e-3);
            }
        }

        #[test]
        fn any_map_is_harmless(a: f32, b: f32, c: f32, d: f32, tx: f32, ty: f32) {
            let picture = gradient(6, 6);
            let mut planes = vec![0.0; 3 * 16];
            warp(picture.view(), &Affine { a, b, c, d, tx, ty }, (4, 4), (Border::Nearest, Shrink::Mean), PLAIN, &mut planes);
        }
    }
}
