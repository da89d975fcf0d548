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

mod depthwise;
mod pointwise;

use depthwise::Depthwise;
use pointwise::Pointwise;

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
            Some(Kind::Pointwise) => Box::new(Pointwise::new(layer.channels, &layer.kernel, &layer.bias)),
            Some(Kind::Depthwise) => Box::new(Depthwise::new(&layer.kernel, &layer.bias, layer.stride, layer.padding)),
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
            ([1, 1], 1) if self.stride == 1 && self.padding == [0; 4] && self.pixels >= pointwise::LEAST_PIXELS => {
                Some(Kind::Pointwise)
            }
            ([3, 3], groups) if groups == inputs && inputs == outputs && (1..=2).contains(&self.stride) => {
                Some(Kind::Depthwise)
            }
            _ => None,
        }
    }
}

fn shared(values: &[f32]) -> Arc<Tensor> {
    tensor1(values).into_arc_tensor()
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
