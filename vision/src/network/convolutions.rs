//! The two convolutions that light networks are made of, each as one pass over its planes: pointwise (1 × 1 over all channels) and
//! depthwise (3 × 3 in each channel by itself); A. Howard et al., "MobileNets", 2017. tract first copies planes into panels and
//! multiplies by tiles that are too large for the registers of WebAssembly; together they were two thirds of a network's time there.
//! Natively tract is the faster one.

use tract_onnx::{
    tract_core::ops::{
        cnn::{Conv, KernelFormat},
        nn::DataFormat,
    },
    tract_hir::internal::*,
};
use wide::f32x4;

/// Output channels of a tile of the product.
const ROWS: usize = 4;

/// Pixels of a tile of the product: with these, the sums of a tile are eight registers of four numbers.
const COLUMNS: usize = 8;

/// Numbers in a register.
pub(super) const LANES: usize = 4;

/// A register of every so many numbers, from the one at `first` on.
#[inline(always)]
pub(super) fn every<const STRIDE: usize>(values: &[f32], first: usize) -> f32x4 {
    let at = |lane: usize| values[first + STRIDE * lane];
    f32x4::new([at(0), at(1), at(2), at(3)])
}

/// Puts our convolutions in place of tract's wherever they do the same. Goes before tract's own rewriting, which makes a product of
/// matrices of every pointwise convolution.
pub(super) fn replace(model: &mut TypedModel) -> TractResult<()> {
    // Biases are still being reshaped.
    model.prop_consts()?;
    let rule = |_: &(), model: &TypedModel, node: &TypedNode, _: &str, conv: &Conv| {
        let Some(layer) = Layer::of(model, node, conv)? else {
            return Ok(None);
        };
        let op: Box<dyn TypedOp> = match layer.kind() {
            Some(Kind::Pointwise) => Box::new(layer.pointwise()),
            Some(Kind::Depthwise) => Box::new(layer.depthwise()),
            None => return Ok(None),
        };
        TypedModelPatch::replace_single_op(model, node, &node.inputs[..1], op).map(Some)
    };
    Rewriter::default()
        .with_rule_for::<Conv>("pointwise and depthwise convolutions", rule)
        .rewrite(&(), model)
}

enum Kind {
    Pointwise,
    Depthwise,
}

/// A convolution over planes of numbers, with kernel and bias known and the same steps both ways.
struct Layer {
    channels: [usize; 2],
    groups: usize,
    kernel_shape: [usize; 2],
    kernel: Vec<f32>,
    bias: Vec<f32>,
    stride: usize,
    /// Above, left, below, right.
    padding: [usize; 4],
    pixels: usize,
}

impl Layer {
    fn of(model: &TypedModel, node: &TypedNode, conv: &Conv) -> TractResult<Option<Self>> {
        let spec = &conv.pool_spec;
        let &[input, kernel, bias] = node.inputs.as_slice() else {
            return Ok(None);
        };
        let input = model.outlet_fact(input)?;
        let constant = |outlet| -> TractResult<_> { Ok(model.outlet_fact(outlet)?.konst.clone()) };
        let (Some(kernel), Some(bias)) = (constant(kernel)?, constant(bias)?) else {
            return Ok(None);
        };
        let (Some(&[_, _, height, width]), &[down, across]) = (input.shape.as_concrete(), spec.strides().as_ref())
        else {
            return Ok(None);
        };
        let &[kernel_height, kernel_width] = spec.kernel_shape.as_slice() else {
            return Ok(None);
        };
        let plain = input.datum_type == f32::datum_type()
            && kernel.datum_type() == f32::datum_type()
            && conv.q_params.is_none()
            && conv.kernel_fmt == KernelFormat::OIHW
            && spec.data_format == DataFormat::NCHW
            && spec.dilations().as_ref() == [1, 1]
            && down == across;
        if !plain {
            return Ok(None);
        }
        let padding = spec.computed_padding(&[height, width]);
        let [vertical, horizontal] = padding.as_slice() else {
            return Ok(None);
        };
        let bias = bias.cast_to::<f32>()?.try_as_plain_ram()?.as_slice::<f32>()?.to_vec();
        let bias = match bias.as_slice() {
            &[all] => vec![all; spec.output_channels],
            _ => bias,
        };
        Ok(Some(Self {
            channels: [spec.input_channels, spec.output_channels],
            groups: conv.group,
            kernel_shape: [kernel_height, kernel_width],
            kernel: kernel.try_as_plain_ram()?.as_slice::<f32>()?.to_vec(),
            bias,
            stride: down,
            padding: [
                vertical.pad_before,
                horizontal.pad_before,
                vertical.pad_after,
                horizontal.pad_after,
            ],
            pixels: height * width,
        }))
    }

    fn kind(&self) -> Option<Kind> {
        let [inputs, outputs] = self.channels;
        match (self.kernel_shape, self.groups) {
            ([1, 1], 1) if self.stride == 1 && self.padding == [0; 4] && self.pixels >= COLUMNS => {
                Some(Kind::Pointwise)
            }
            ([3, 3], groups) if groups == inputs && inputs == outputs && (1..=2).contains(&self.stride) => {
                Some(Kind::Depthwise)
            }
            _ => None,
        }
    }

    fn pointwise(self) -> Pointwise {
        let [inputs, outputs] = self.channels;
        let mut weights = Vec::with_capacity(outputs.next_multiple_of(ROWS) * inputs);
        for rows in self.kernel.chunks(ROWS * inputs) {
            for input in 0..inputs {
                weights.extend((0..ROWS).map(|row| rows.get(row * inputs + input).copied().unwrap_or_default()));
            }
        }
        Pointwise {
            weights: shared(&weights),
            bias: shared(&self.bias),
        }
    }

    fn depthwise(self) -> Depthwise {
        Depthwise {
            kernel: shared(&self.kernel),
            bias: shared(&self.bias),
            stride: self.stride,
            padding: self.padding,
        }
    }
}

fn shared(values: &[f32]) -> Arc<Tensor> {
    tensor1(values).into_arc_tensor()
}

/// Each output plane is a sum of all input planes, each times a weight, and a bias.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Pointwise {
    /// For each [`ROWS`] output channels, for each input channel, one weight for each of these outputs; zeros fill the last.
    weights: Arc<Tensor>,
    /// One number for each output channel.
    bias: Arc<Tensor>,
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

/// Each output plane is its input plane under a kernel of three by three, and a bias.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Depthwise {
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
        // As above, the last begins sooner.
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tract_onnx::tract_core::ops::cnn::{PaddingSpec, PoolSpec};

    use super::*;

    /// Numbers that are some way from each other.
    fn values(count: usize, seed: u32) -> Vec<f32> {
        (0..count as u32)
            .map(|n| ((n ^ seed).wrapping_mul(2_654_435_761) >> 20) as f32 / 2_048.0 - 1.0)
            .collect()
    }

    /// A model of one convolution.
    fn model(
        shape: [usize; 4],
        kernel_shape: [usize; 4],
        stride: usize,
        padding: PaddingSpec,
        groups: usize,
    ) -> TypedModel {
        let mut model = TypedModel::default();
        let input = model.add_source("input", f32::fact(shape)).unwrap();
        let outputs = kernel_shape[0];
        let kernel = Tensor::from_shape(&kernel_shape, &values(kernel_shape.iter().product(), 7)).unwrap();
        let kernel = model.add_const("kernel", kernel).unwrap();
        let bias = model.add_const("bias", tensor1(&values(outputs, 9))).unwrap();
        let conv = Conv {
            pool_spec: PoolSpec {
                data_format: DataFormat::NCHW,
                kernel_shape: tvec!(kernel_shape[2], kernel_shape[3]),
                padding,
                dilations: None,
                strides: Some(tvec!(stride, stride)),
                input_channels: shape[1],
                output_channels: outputs,
            },
            kernel_fmt: KernelFormat::OIHW,
            group: groups,
            q_params: None,
        };
        let outlets = model.wire_node("conv", conv, &[input, kernel, bias]).unwrap();
        model.select_output_outlets(&outlets).unwrap();
        model
    }

    fn run(model: TypedModel, input: &Tensor) -> Tensor {
        let plan = model.into_runnable().unwrap();
        plan.run(tvec!(input.clone().into_tvalue()))
            .unwrap()
            .remove(0)
            .into_tensor()
    }

    /// Replaces the convolution; true where it was one of ours. Both must give the same.
    fn agrees(model: TypedModel, shape: [usize; 4]) -> bool {
        let input = Tensor::from_shape(&shape, &values(shape.iter().product(), 3)).unwrap();
        let mut ours = model.clone();
        replace(&mut ours).unwrap();
        let replaced = ours.nodes().iter().all(|node| !node.op_is::<Conv>());
        let (expected, found) = (run(model, &input), run(ours, &input));
        found.close_enough(&expected, Approximation::Close).unwrap();
        replaced
    }

    proptest! {
        #[test]
        fn a_pointwise_convolution_is_tracts_own(images in 1_usize..3, inputs in 1_usize..9, outputs in 1_usize..11, height in 1_usize..7, width in 8_usize..21) {
            let shape = [images, inputs, height, width];
            prop_assert!(agrees(model(shape, [outputs, inputs, 1, 1], 1, PaddingSpec::Valid, 1), shape));
        }

        #[test]
        fn a_depthwise_convolution_is_tracts_own(
            images in 1_usize..3, channels in 2_usize..6, height in 3_usize..14, width in 3_usize..14, stride in 1_usize..3,
            before in 0_usize..2, after in 0_usize..2,
        ) {
            let shape = [images, channels, height, width];
            let padding = PaddingSpec::Explicit(tvec!(before, after), tvec!(after, before));
            prop_assert!(agrees(model(shape, [channels, 1, 3, 3], stride, padding, channels), shape));
        }
    }

    #[test]
    fn other_convolutions_are_left_alone() {
        let shape = [1, 4, 9, 9];
        assert!(!agrees(model(shape, [4, 4, 3, 3], 1, PaddingSpec::Valid, 1), shape));
        assert!(!agrees(model(shape, [4, 4, 1, 1], 2, PaddingSpec::Valid, 1), shape));
        assert!(!agrees(model(shape, [4, 1, 3, 3], 3, PaddingSpec::Valid, 4), shape));
        assert!(!agrees(model(shape, [8, 2, 1, 1], 1, PaddingSpec::Valid, 2), shape));
        let small = [1, 4, 2, 2];
        assert!(!agrees(model(small, [4, 4, 1, 1], 1, PaddingSpec::Valid, 1), small));
    }
}
