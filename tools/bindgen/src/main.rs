//! The options of `wasm-bindgen`'s command line that the build uses, under their
//! own names.
//!
//! The published program takes three times as long to compile, for a test runner
//! and an HTTP client that the build does not use. The output is the same.

use std::env;
use std::error::Error;
use std::process::ExitCode;
use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    match run(env::args().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("wasm-bindgen: {error:?}");
            ExitCode::FAILURE
        }
    }
}

fn run(mut args: impl Iterator<Item = String>) -> Result<(), Box<dyn Error>> {
    let mut bindgen = Bindgen::new();
    let mut out_dir = None;
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or_else(|| format!("{arg} wants a value"));
        match arg.as_str() {
            "--version" => {
                println!("wasm-bindgen {}", env!("CARGO_PKG_VERSION"));
                return Ok(());
            }
            "--target" if value()? == "module" => bindgen.module(true)?,
            "--out-dir" => {
                out_dir = Some(value()?);
                &mut bindgen
            }
            "--out-name" => bindgen.out_name(&value()?),
            "--no-typescript" => bindgen.typescript(false),
            "--experimental-reset-state-function" => bindgen.reset_state_function(true),
            "--force-enable-abort-handler" => bindgen.force_enable_abort_handler(true),
            input if !input.starts_with('-') => bindgen.input_path(input),
            other => return Err(format!("the build does not use {other}").into()),
        };
    }
    bindgen.generate(out_dir.ok_or("--out-dir is missing")?)?;
    Ok(())
}
