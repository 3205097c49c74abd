//! Lints whatever the fuzzer makes: `cargo +nightly fuzz run lint fuzz/corpus/lint FOLDER_OF_TEMPLATES`, in `crates/cfn`.
#![no_main]

#[path = "../../tests/mutations/sound.rs"]
mod sound;

libfuzzer_sys::fuzz_target!(|text: &str| sound::assert_sound(text));
