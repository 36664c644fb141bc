//! Calls that the types forbid.

use std::process::Command;

/// The compiler whose wording the expected messages have: the workspace's `rust-version`.
const WORDING: &str = env!("CARGO_PKG_RUST_VERSION");

#[test]
fn illegal_calls_do_not_compile() {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc)
        .arg("--version")
        .output()
        .map(|output| output.stdout);
    let version = String::from_utf8(version.unwrap_or_default()).unwrap_or_default();
    if !version.starts_with(&format!("rustc {WORDING}.")) {
        eprintln!(
            "skipped: the expected messages are those of rustc {WORDING}, this is {}",
            version.trim()
        );
        return;
    }
    trybuild::TestCases::new().compile_fail("../../tests/compile-fail/cases/*.rs");
}
