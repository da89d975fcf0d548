//! Two operators as one pass over memory each. tract spells the first as a product, a comparison and a choice, and walks the second
//! pixel by pixel; together they were a quarter of the face mesh's time in a browser.

use tract_onnx::{
    Onnx,
    tract_core::{ops::cnn::MaxPool, ops::nn::DataFormat},
    tract_hir::{
        internal::*,
        ops::expandable::{Expansion, expand},
    },
};

use super::registers::{LANES, every};

/// The reader of ONNX bytes, with our rectifier in place of tract's.
pub(super) fn reader() -> Onnx {
    let mut reader = tract_onnx::onnx();
    reader.op_register.insert("PRelu", |_, _| Ok((expand(PRelu), vec![])));
    reader
}

/// Puts our pooling in place of tract's wherever it does the same.
pub(super) fn replace_pools(model: &mut TypedModel) -> TractResult<()> {
    let rule = |_: &(), model: &TypedModel, node: &TypedNode, _: &str, pool: &MaxPool| {
        if !halves(model.outlet_fact(node.inputs[0])?, pool) {
            return Ok(None);
        }
        TypedModelPatch::replace_single_op(model, node, &node.inputs, HalvingMaxPool).map(Some)
    };
    Rewriter::default()
        .with_rule_for::<MaxPool>("halving max-pool", rule)
        .rewrite(&(), model)
}

/// The parametric rectifier as a file has it (K. He et al., "Delving Deep into Rectifiers", 2015): a slope for each channel.
#[derive(Clone, Debug)]
struct PRelu;

impl Expansion for PRelu {
    fn name(&self) -> StaticName {
        "PRelu".into()
    }

    fn rules<'r, 'p: 'r, 's: 'r>(
        &'s self,
        solver: &mut Solver<'r>,
        inputs: &'p [TensorProxy],
        outputs: &'p [TensorProxy],
    ) -> InferenceResult {
        check_input_arity(inputs, 2)?;
        check_output_arity(outputs, 1)?;
        solver.equals(&inputs[0].datum_type, &outputs[0].datum_type)?;
        solver.equals(&inputs[0].shape, &outputs[0].shape)
    }

    fn wire(&self, name: &str, model: &mut TypedModel, inputs: &[OutletId]) -> TractResult<TVec<OutletId>> {
        let slopes = model.outlet_fact(inputs[1])?.konst.clone();
        let slopes = slopes.context("the slopes of a rectifier must be constant")?;
        let fact = model.outlet_fact(inputs[0])?;
        let channels = fact.shape.get(1).context("a rectifier needs channels")?.to_usize()?;
        // ONNX broadcasts the slopes from the last axis on: of those, only the channels' may have a length.
        let axis = (slopes.rank() + 1).checked_sub(fact.rank());
        let per_channel = slopes.len() == channels
            && (channels == 1 || axis.is_some_and(|axis| slopes.shape().get(axis) == Some(&channels)));
        ensure!(per_channel, "a rectifier needs one slope for each channel");
        let slopes = slopes.cast_to::<f32>()?.into_owned().into_arc_tensor();
        model.wire_node(name, ChannelRectifier { slopes }, &inputs[..1])
    }
}

/// A value stays where it is positive; else it is multiplied by its channel's slope. Channels are axis 1.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct ChannelRectifier {
    slopes: Arc<Tensor>,
}

impl Op for ChannelRectifier {
    fn name(&self) -> StaticName {
        "ChannelRectifier".into()
    }

    op_as_typed_op!();
}

impl EvalOp for ChannelRectifier {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let mut values = args_1!(inputs).into_tensor();
        let plane = values.shape().iter().skip(2).product();
        let slopes = self.slopes.try_as_plain_ram()?;
        rectify(
            values.try_as_plain_ram_mut()?.as_slice_mut()?,
            slopes.as_slice()?,
            plane,
        );
        Ok(tvec!(values.into()))
    }
}

impl TypedOp for ChannelRectifier {
    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        Ok(tvec!(inputs[0].without_value()))
    }

    as_op!();
}

fn rectify(values: &mut [f32], slopes: &[f32], plane: usize) {
    // With the slope in a register the compiler takes four values at once.
    for (values, &slope) in values.chunks_exact_mut(plane.max(1)).zip(slopes.iter().cycle()) {
        for value in values {
            *value = if *value < 0.0 { *value * slope } else { *value };
        }
    }
}

/// Whether a pool takes the greatest of each two by two pixels of planes, and nothing else.
fn halves(input: &TypedFact, pool: &MaxPool) -> bool {
    let spec = &pool.pool_spec;
    let Some([_, _, height, width]) = input.shape.as_concrete() else {
        return false;
    };
    let padding = spec.padding.compute(&[*height, *width], &[2, 2], &[1, 1], &[2, 2]);
    input.datum_type == f32::datum_type()
        && pool.with_index_outputs.is_none()
        && spec.data_format == DataFormat::NCHW
        && spec.kernel_shape.as_slice() == [2, 2]
        && spec.strides().as_ref() == [2, 2]
        && spec.dilations().as_ref() == [1, 1]
        && [height, width].into_iter().all(|side| side.is_multiple_of(2))
        && padding.iter().all(|side| side.pad_before == 0 && side.pad_after == 0)
}

/// The greatest of each two by two pixels, in each plane.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct HalvingMaxPool;

impl Op for HalvingMaxPool {
    fn name(&self) -> StaticName {
        "HalvingMaxPool".into()
    }

    op_as_typed_op!();
}

impl EvalOp for HalvingMaxPool {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let input = args_1!(inputs);
        let &[images, channels, height, width] = input.shape() else {
            bail!("a pool needs planes of pixels");
        };
        let mut output = Tensor::zero::<f32>(&[images, channels, height / 2, width / 2])?;
        let input = input.try_as_plain_ram()?;
        halve(input.as_slice()?, output.try_as_plain_ram_mut()?.as_slice_mut()?, width);
        Ok(tvec!(output.into()))
    }
}

impl TypedOp for HalvingMaxPool {
    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        let mut shape = inputs[0].shape.to_tvec();
        for side in shape.iter_mut().skip(2) {
            *side = side.clone() / 2;
        }
        Ok(tvec!(f32::fact(shape)))
    }

    as_op!();
}

/// Rows of even `width`, an even number of them in each plane.
fn halve(input: &[f32], output: &mut [f32], width: usize) {
    if width < 2 {
        return;
    }
    let greater = |a: f32, b: f32| if a < b { b } else { a };
    for (pair, row) in input.chunks_exact(2 * width).zip(output.chunks_exact_mut(width / 2)) {
        let (upper, lower) = pair.split_at(width);
        let (tiles, rest) = row.as_chunks_mut::<LANES>();
        let (upper_tiles, upper_rest) = upper.as_chunks::<{ 2 * LANES }>();
        let (lower_tiles, lower_rest) = lower.as_chunks::<{ 2 * LANES }>();
        for ((greatest, a), b) in tiles.iter_mut().zip(upper_tiles).zip(lower_tiles) {
            let across = |values: &[f32]| every::<2>(values, 0).fast_max(every::<2>(values, 1));
            *greatest = across(a).fast_max(across(b)).to_array();
        }
        for ((greatest, a), b) in rest
            .iter_mut()
            .zip(upper_rest.chunks_exact(2))
            .zip(lower_rest.chunks_exact(2))
        {
            *greatest = greater(greater(a[0], a[1]), greater(b[0], b[1]));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};
    use tract_onnx::tract_core::ops::cnn::{PaddingSpec, PoolSpec};

    use super::*;

    #[test]
    fn each_channel_of_each_image_has_its_slope() {
        let mut values = [-1.0, 2.0, -3.0, 4.0, -5.0, -6.0, 7.0, -8.0];
        rectify(&mut values, &[0.5, 10.0], 2);
        assert_eq!(values, [-0.5, 2.0, -30.0, 4.0, -2.5, -3.0, 7.0, -80.0]);
    }

    fn pool(padding: PaddingSpec, stride: usize) -> MaxPool {
        MaxPool {
            pool_spec: PoolSpec {
                data_format: DataFormat::NCHW,
                kernel_shape: tvec!(2, 2),
                padding,
                dilations: None,
                strides: Some(tvec!(stride, stride)),
                input_channels: 3,
                output_channels: 3,
            },
            with_index_outputs: None,
        }
    }

    #[test]
    fn other_pools_are_left_alone() {
        let fact = f32::fact([1, 3, 8, 6]);
        assert!(halves(&fact, &pool(PaddingSpec::Valid, 2)));
        assert!(halves(&fact, &pool(PaddingSpec::SameUpper, 2)));
        assert!(!halves(&fact, &pool(PaddingSpec::Valid, 1)));
        assert!(!halves(
            &fact,
            &pool(PaddingSpec::Explicit(tvec!(1, 1), tvec!(0, 0)), 2)
        ));
        assert!(!halves(&f32::fact([1, 3, 7, 6]), &pool(PaddingSpec::Valid, 2)));
    }

    proptest! {
        #[test]
        fn a_pool_is_tracts_own(planes in 1_usize..4, height in 1_usize..5, width in 1_usize..20, seed in vec(-9.0_f32..9.0, 7..60)) {
            let shape = [1, planes, 2 * height, 2 * width];
            let values: Vec<f32> = seed.iter().copied().cycle().take(shape.iter().product()).collect();
            let input = Tensor::from_shape(&shape, &values).unwrap().into_tvalue();
            let mut spec = pool(PaddingSpec::Valid, 2);
            (spec.pool_spec.input_channels, spec.pool_spec.output_channels) = (planes, planes);
            let run = |op: &dyn EvalOp| op.eval_out_of_plan(tvec!(input.clone())).unwrap().unwrap().remove(0);
            prop_assert_eq!(run(&HalvingMaxPool), run(&spec));
        }
    }
}
