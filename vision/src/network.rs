//! A neural network of one input and fixed shapes, run by tract. Nothing else in the project knows tract.

use std::io::Cursor;

use thiserror::Error;
use tract_onnx::prelude::*;

mod convolutions;
mod operators;
mod registers;

/// Why model bytes did not become a network.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("model for {task} can't be loaded: {reason}")]
pub struct LoadError {
    /// What the model was to do.
    pub task: &'static str,
    /// What the inference engine said.
    pub reason: String,
}

/// Why a network gave no numbers: it does not fit its task, or the engine failed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("model for {task} failed: {reason}")]
pub struct InferenceError {
    /// What the model was to do.
    pub task: &'static str,
    /// What the inference engine said.
    pub reason: String,
}

/// A loaded network, optimised for one input shape. Cheap to share between threads; `run` keeps no state.
pub(crate) struct Network {
    task: &'static str,
    input: [usize; 4],
    plan: Arc<TypedRunnableModel>,
}

impl Network {
    /// Reads ONNX bytes and optimises them for an input of `input` (N, C, H, W).
    pub(crate) fn load(task: &'static str, onnx: &[u8], input: [usize; 4]) -> Result<Self, LoadError> {
        let plan = optimise(onnx, input).map_err(|error| LoadError {
            task,
            reason: format!("{error:#}"),
        })?;
        Ok(Self { task, input, plan })
    }

    /// Runs the network once: `fill` writes the input (zeroed before), `read` is given the outputs.
    pub(crate) fn run<T>(
        &self,
        fill: impl FnOnce(&mut [f32]),
        read: impl FnOnce(&Outputs) -> Result<T, InferenceError>,
    ) -> Result<T, InferenceError> {
        let outputs = self.outputs(fill).map_err(|error| InferenceError {
            task: self.task,
            reason: format!("{error:#}"),
        })?;
        read(&Outputs {
            task: self.task,
            values: outputs,
        })
    }

    fn outputs(&self, fill: impl FnOnce(&mut [f32])) -> TractResult<TVec<TValue>> {
        let mut input = Tensor::zero::<f32>(&self.input)?;
        fill(input.try_as_plain_ram_mut()?.as_slice_mut::<f32>()?);
        self.plan.run(tvec!(input.into()))
    }
}

/// What a run gave.
pub(crate) struct Outputs {
    task: &'static str,
    values: TVec<TValue>,
}

impl Outputs {
    /// Output `index`, flat; it must hold `len` numbers.
    pub(crate) fn get(&self, index: usize, len: usize) -> Result<&[f32], InferenceError> {
        let wrong = |reason: String| InferenceError {
            task: self.task,
            reason,
        };
        let tensor = self
            .values
            .get(index)
            .ok_or_else(|| wrong(format!("there is no output {index}")))?;
        let values = tensor
            .try_as_plain_ram()
            .and_then(|plain| plain.as_slice::<f32>())
            .map_err(|error| wrong(format!("output {index}: {error:#}")))?;
        if values.len() != len {
            return Err(wrong(format!(
                "output {index} holds {} numbers instead of {len}",
                values.len()
            )));
        }
        Ok(values)
    }
}

fn optimise(onnx: &[u8], input: [usize; 4]) -> TractResult<Arc<TypedRunnableModel>> {
    let mut model = operators::reader()
        .model_for_read(&mut Cursor::new(onnx))?
        .with_input_fact(0, f32::fact(input).into())?
        .into_typed()?;
    // Natively tract's own are faster: they use registers that WebAssembly lacks.
    if cfg!(target_family = "wasm") {
        convolutions::replace(&mut model)?;
    }
    model.declutter()?;
    operators::replace_pools(&mut model)?;
    model.optimize()?;
    model.into_runnable()
}
