//! Pointwise convolution: 1 × 1 over all channels, a product of matrices.

use tract_onnx::tract_hir::internal::*;
use wide::f32x4;

use super::shared;

/// Fewest pixels of a plane: those of one tile.
pub(super) const LEAST_PIXELS: usize = COLUMNS;

/// Output channels of a tile of the product.
const ROWS: usize = 4;

/// Pixels of a tile of the product: with these, the sums of a tile are eight registers of four numbers.
const COLUMNS: usize = 8;

/// Each output plane is a sum of all input planes, each times a weight, and a bias.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Pointwise {
    /// For each [`ROWS`] output channels, for each input channel, one weight for each of these outputs; zeros fill the last.
    weights: Arc<Tensor>,
    /// One number for each output channel.
    bias: Arc<Tensor>,
}

impl Pointwise {
    /// `channels` of input and output, `kernel` with the inputs' weights for each output in turn, `bias` for each output.
    pub(super) fn new([inputs, outputs]: [usize; 2], kernel: &[f32], bias: &[f32]) -> Self {
        let mut weights = Vec::with_capacity(outputs.next_multiple_of(ROWS) * inputs);
        for rows in kernel.chunks(ROWS * inputs) {
            for input in 0..inputs {
                weights.extend((0..ROWS).map(|row| rows.get(row * inputs + input).copied().unwrap_or_default()));
            }
        }
        Self {
            weights: shared(&weights),
            bias: shared(bias),
        }
    }
}

impl Op for Pointwise {
    fn name(&self) -> StaticName {
        "Pointwise".into()
    }

    op_as_typed_op!();
}

impl EvalOp for Pointwise {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let input = args_1!(inputs);
        let &[images, channels, height, width] = input.shape() else {
            bail!("a convolution needs planes of pixels");
        };
        let pixels = height * width;
        let mut output = Tensor::zero::<f32>(&[images, self.bias.len(), height, width])?;
        let (input, weights) = (input.try_as_plain_ram()?, self.weights.try_as_plain_ram()?);
        let bias = self.bias.try_as_plain_ram()?;
        let mut planes = output.try_as_plain_ram_mut()?;
        let outputs = planes.as_slice_mut::<f32>()?.chunks_exact_mut(self.bias.len() * pixels);
        for (input, output) in input.as_slice::<f32>()?.chunks_exact(channels * pixels).zip(outputs) {
            combine(input, weights.as_slice()?, bias.as_slice()?, output, pixels);
        }
        Ok(tvec!(output.into()))
    }
}

impl TypedOp for Pointwise {
    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        let mut shape = inputs[0].shape.to_tvec();
        shape[1] = self.bias.len().to_dim();
        Ok(tvec!(f32::fact(shape)))
    }

    as_op!();
}

/// Planes of `pixels` numbers, at least [`COLUMNS`]; `weights` as of [`Pointwise::weights`].
fn combine(input: &[f32], weights: &[f32], bias: &[f32], output: &mut [f32], pixels: usize) {
    let channels = input.len() / pixels;
    let blocks = output
        .chunks_mut(ROWS * pixels)
        .zip(weights.chunks_exact(ROWS * channels))
        .zip(bias.chunks(ROWS));
    for ((planes, weights), bias) in blocks {
        let (weights, _) = weights.as_chunks();
        let mut start = [0.0; ROWS];
        start.iter_mut().zip(bias).for_each(|(start, bias)| *start = *bias);
        for first in (0..pixels).step_by(COLUMNS) {
            // The last tile begins sooner rather than ending short: some sums are made twice.
            let first = first.min(pixels - COLUMNS);
            let columns = input
                .chunks_exact(pixels)
                .filter_map(|plane| plane[first..].first_chunk());
            let tile = sums(columns, weights, start);
            for (plane, sums) in planes.chunks_exact_mut(pixels).zip(tile) {
                plane[first..first + COLUMNS].copy_from_slice(sums.map(f32x4::to_array).as_flattened());
            }
        }
    }
}

/// A tile of sums. Each row is written out, so that the sums stay in registers whatever the compiler thinks of loops.
#[inline(always)]
fn sums<'a>(
    columns: impl Iterator<Item = &'a [f32; COLUMNS]>,
    weights: &[[f32; ROWS]],
    start: [f32; ROWS],
) -> [[f32x4; 2]; ROWS] {
    let [mut a, mut b, mut c, mut d] = start.map(|start| [f32x4::splat(start); 2]);
    for (&[p, q, r, s, t, u, v, w], weights) in columns.zip(weights) {
        let values = [f32x4::new([p, q, r, s]), f32x4::new([t, u, v, w])];
        let add = |sums: [f32x4; 2], weight: f32| {
            let weight = f32x4::splat(weight);
            [sums[0] + weight * values[0], sums[1] + weight * values[1]]
        };
        a = add(a, weights[0]);
        b = add(b, weights[1]);
        c = add(c, weights[2]);
        d = add(d, weights[3]);
    }
    [a, b, c, d]
}
