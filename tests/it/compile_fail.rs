//! Calls that the types forbid.

#[test]
fn illegal_calls_do_not_compile() {
    trybuild::TestCases::new().compile_fail("compile-fail/*.rs");
}
