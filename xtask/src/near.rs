//! What somebody may have meant.

/// The known word that is nearest to a word, unless none is near.
///
/// # Examples
///
/// ```
/// assert_eq!(xtask::near::nearest("requird", &["required", "default"]), Some("required"));
/// assert_eq!(xtask::near::nearest("unit", &["required", "default"]), None);
/// ```
#[must_use]
pub fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let word = word.to_lowercase();
    known
        .iter()
        .map(|k| (strsim::damerau_levenshtein(&word, &k.to_lowercase()), *k))
        .filter(|(distance, k)| *distance <= 1.max(k.len() / 3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, k)| k)
}

/// Words in backticks.
#[must_use]
pub fn quoted<S: AsRef<str>>(words: &[S]) -> String {
    words
        .iter()
        .map(|w| format!("`{}`", w.as_ref()))
        .collect::<Vec<_>>()
        .join(", ")
}
