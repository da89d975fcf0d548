//! The manifest of the ONNX models, and the loader that finds and checks them.
