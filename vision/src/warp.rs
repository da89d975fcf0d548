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
        let put = |x: usize, rgb: [f32; 3]| {
            red[x] = rgb[0] * scale + bias;
            green[x] = rgb[1] * scale + bias;
            blue[x] = rgb[2] * scale + bias;
        };
        match view.channels() {
            Channels::Rgb => warp_row::<3>(view, to_picture, (width, y), (border, taps), put),
            Channels::Rgba => warp_row::<4>(view, to_picture, (width, y), (border, taps), put),
        }
    }
}

fn warp_row<const C: usize>(
    view: View<'_>,
    map: &Affine,
    (width, y): (usize, usize),
    (border, taps): (Border, usize),
    mut put: impl FnMut(usize, [f32; 3]),
) {
    // Positions in pixel indices: a continuous coordinate less half a pixel.
    let at = |x: f32, y: f32| {
        let p = map.apply(Point { x, y });
        (p.x - 0.5, p.y - 0.5)
    };
    let centre = y as f32 + 0.5;
    if taps == 1 {
        let (from, to) = (at(0.5, centre), at(width as f32 - 0.5, centre));
        if inside(view, from) && inside(view, to) {
            for x in 0..width {
                let (px, py) = at(x as f32 + 0.5, centre);
                put(x, sample_inside::<C>(view, px, py));
            }
        } else {
            for x in 0..width {
                let (px, py) = at(x as f32 + 0.5, centre);
                put(x, sample_anywhere::<C>(view, px, py, border));
            }
        }
        return;
    }
    let step = 1.0 / taps as f32;
    let weight = step * step;
    for x in 0..width {
        let mut sum = [0.0; 3];
        for j in 0..taps {
            for i in 0..taps {
                let (px, py) = at(x as f32 + (i as f32 + 0.5) * step, y as f32 + (j as f32 + 0.5) * step);
                let rgb = if inside(view, (px, py)) {
                    sample_inside::<C>(view, px, py)
                } else {
                    sample_anywhere::<C>(view, px, py, border)
                };
                for (sum, value) in sum.iter_mut().zip(rgb) {
                    *sum += value;
                }
            }
        }
        put(x, sum.map(|value| value * weight));
    }
}

/// Whether all four neighbours of a position are pixels of the picture, with a margin for rounding along a row.
fn inside(view: View<'_>, (x, y): (f32, f32)) -> bool {
    x > 0.01 && y > 0.01 && x < view.width() as f32 - 1.01 && y < view.height() as f32 - 1.01
}

#[inline(always)]
fn sample_inside<const C: usize>(view: View<'_>, x: f32, y: f32) -> [f32; 3] {
    let (left, top) = (x as usize, y as usize);
    let (fx, fy) = (x - left as f32, y - top as f32);
    let stride = view.width() as usize * C;
    let start = top * stride + left * C;
    let data = view.data();
    let (Some(upper), Some(lower)) = (
        data.get(start..start + 2 * C),
        data.get(start + stride..start + stride + 2 * C),
    ) else {
        return [0.0; 3];
    };
    // A pixel of four channels fills a register, the unused fourth with it.
    if C == 4
        && let (Ok(upper), Ok(lower)) = (upper.try_into(), lower.try_into())
    {
        let [red, green, blue, _] = mix_rgba(upper, lower, fx, fy);
        return [red, green, blue];
    }
    let channel = |at: usize| {
        let (above, below) = (&upper[at..=at + C], &lower[at..=at + C]);
        let [a, b, c, d] = [above[0], above[C], below[0], below[C]].map(f32::from);
        mix(mix(a, b, fx), mix(c, d, fx), fy)
    };
    [channel(0), channel(1), channel(2)]
}

fn mix(a: f32, b: f32, share: f32) -> f32 {
    a + (b - a) * share
}

/// Mixes two by two pixels. Never inlined: where the fourth channel is seen to be dropped, the compiler goes channel by channel.
#[inline(never)]
fn mix_rgba(upper: &[u8; 8], lower: &[u8; 8], fx: f32, fy: f32) -> [f32; 4] {
    let pixel = |row: &[u8; 8], at: usize| [row[at], row[at + 1], row[at + 2], row[at + 3]].map(f32::from);
    let between = |a: [f32; 4], b: [f32; 4], share: f32| {
        let mut mixed = a;
        for (mixed, b) in mixed.iter_mut().zip(b) {
            *mixed = mix(*mixed, b, share);
        }
        mixed
    };
    let above = between(pixel(upper, 0), pixel(upper, 4), fx);
    let below = between(pixel(lower, 0), pixel(lower, 4), fx);
    between(above, below, fy)
}

fn sample_anywhere<const C: usize>(view: View<'_>, x: f32, y: f32, border: Border) -> [f32; 3] {
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
        fn any_map_is_harmless(a: f32, b: f32, c: f32, d: f32, tx: f32, ty: f32) {
            let picture = gradient(6, 6);
            let mut planes = vec![0.0; 3 * 16];
            warp(picture.view(), &Affine { a, b, c, d, tx, ty }, (4, 4), (Border::Nearest, Shrink::Mean), PLAIN, &mut planes);
        }
    }
}
