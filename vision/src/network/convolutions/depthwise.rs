//! Depthwise convolution: 3 × 3 in each channel by itself.

use tract_onnx::tract_hir::internal::*;
use wide::f32x4;

use super::{
    super::registers::{LANES, every},
    shared,
};

/// Each output plane is its input plane under a kernel of three by three, and a bias.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Depthwise {
    /// Nine weights for each channel, row by row.
    kernel: Arc<Tensor>,
    /// One number for each channel.
    bias: Arc<Tensor>,
    /// 1 or 2.
    stride: usize,
    /// Rows and columns of zeros above, left, below, right.
    padding: [usize; 4],
}

impl Depthwise {
    /// Fields as of [`Depthwise`].
    pub(super) fn new(kernel: &[f32], bias: &[f32], stride: usize, padding: [usize; 4]) -> Self {
        Self {
            kernel: shared(kernel),
            bias: shared(bias),
            stride,
            padding,
        }
    }

    /// Height and width of what comes out.
    fn output_size(&self, [height, width]: [usize; 2]) -> TractResult<[usize; 2]> {
        let [above, left, below, right] = self.padding;
        let steps = |length: usize| length.checked_sub(3).map(|length| length / self.stride + 1);
        match (steps(above + height + below), steps(left + width + right)) {
            (Some(height), Some(width)) => Ok([height, width]),
            _ => bail!("a kernel needs three rows and columns"),
        }
    }
}

impl Op for Depthwise {
    fn name(&self) -> StaticName {
        "Depthwise".into()
    }

    op_as_typed_op!();
}

impl EvalOp for Depthwise {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let input = args_1!(inputs);
        let &[images, channels, height, width] = input.shape() else {
            bail!("a convolution needs planes of pixels");
        };
        let [rows, columns] = self.output_size([height, width])?;
        let [above, left, below, right] = self.padding;
        let padded_width = left + width + right;
        let mut padded = vec![0.0; (above + height + below) * padded_width];
        let mut output = Tensor::zero::<f32>(&[images, channels, rows, columns])?;
        let (input, kernel) = (input.try_as_plain_ram()?, self.kernel.try_as_plain_ram()?);
        let bias = self.bias.try_as_plain_ram()?;
        let (kernels, _) = kernel.as_slice::<f32>()?.as_chunks::<9>();
        let weights = kernels.iter().zip(bias.as_slice::<f32>()?).cycle();
        let mut planes = output.try_as_plain_ram_mut()?;
        let outputs = planes.as_slice_mut::<f32>()?.chunks_exact_mut(rows * columns);
        for ((plane, output), (kernel, &bias)) in input
            .as_slice::<f32>()?
            .chunks_exact(height * width)
            .zip(outputs)
            .zip(weights)
        {
            let lines = padded.chunks_exact_mut(padded_width).skip(above);
            for (line, row) in lines.zip(plane.chunks_exact(width)) {
                line[left..left + width].copy_from_slice(row);
            }
            for (row, output) in output.chunks_exact_mut(columns).enumerate() {
                let line = |n: usize| &padded[(row * self.stride + n) * padded_width..][..padded_width];
                let lines = [line(0), line(1), line(2)];
                match self.stride {
                    1 => convolve::<1>(lines, kernel, bias, output),
                    _ => convolve::<2>(lines, kernel, bias, output),
                }
            }
        }
        Ok(tvec!(output.into()))
    }
}

impl TypedOp for Depthwise {
    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        let mut shape = inputs[0].shape.to_tvec();
        let size = self.output_size([shape[2].to_usize()?, shape[3].to_usize()?])?;
        for (side, length) in shape.iter_mut().skip(2).zip(size) {
            *side = length.to_dim();
        }
        Ok(tvec!(f32::fact(shape)))
    }

    as_op!();
}

/// One row of the output from three lines of the input.
#[inline(always)]
fn convolve<const STRIDE: usize>(lines: [&[f32]; 3], kernel: &[f32; 9], bias: f32, output: &mut [f32]) {
    let [a, b, c, d, e, f, g, h, i] = *kernel;
    let weights = [[a, b, c], [d, e, f], [g, h, i]];
    let Some(last) = output.len().checked_sub(LANES) else {
        for (n, output) in output.iter_mut().enumerate() {
            let product = |line: usize, column: usize| weights[line][column] * lines[line][STRIDE * n + column];
            let row = |line| product(line, 0) + product(line, 1) + product(line, 2);
            *output = bias + (row(0) + row(1) + row(2));
        }
        return;
    };
    let splat = |[left, middle, right]: [f32; 3]| [f32x4::splat(left), f32x4::splat(middle), f32x4::splat(right)];
    let weights = [splat(weights[0]), splat(weights[1]), splat(weights[2])];
    for first in (0..output.len()).step_by(LANES) {
        // The last begins sooner rather than ending short: some sums are made twice.
        let first = first.min(last);
        let row = |line: usize| {
            let values = &lines[line][STRIDE * first..][..3 * STRIDE + 3];
            let [left, middle, right] = weights[line];
            left * every::<STRIDE>(values, 0) + middle * every::<STRIDE>(values, 1) + right * every::<STRIDE>(values, 2)
        };
        let sums = f32x4::splat(bias) + (row(0) + row(1) + row(2));
        output[first..first + LANES].copy_from_slice(&sums.to_array());
    }
}
