//! Changes positions between spatial references, for `tests/reference/projections.py`.
//!
//! Each line of the input has two well-known IDs, an x and a y in the first; each of the output the x and y in the second,
//! and the x and y that lead back, or why there are none.

use arcgis_analysis_engine::ReferenceChange;
use arcgis_analysis_types::{Position, SpatialReference};
use std::error::Error;
use std::io;

fn changed(line: &str) -> Result<String, Box<dyn Error>> {
    let words: Vec<&str> = line.split(' ').collect();
    let [from, to, x, y] = words[..] else {
        return Err("a line has two IDs and two coordinates".into());
    };
    let from = SpatialReference::wkid(from.parse()?);
    let to = SpatialReference::wkid(to.parse()?);
    let mut position = Position::new(x.parse()?, y.parse()?);
    ReferenceChange::between(&from, &to)?.apply(&mut position);
    let mut back = position;
    ReferenceChange::between(&to, &from)?.apply(&mut back);
    Ok(format!(
        "{} {} {} {}",
        position.x, position.y, back.x, back.y
    ))
}

fn main() -> io::Result<()> {
    for line in io::stdin().lines() {
        println!(
            "{}",
            changed(&line?).unwrap_or_else(|error| format!("refused: {error}"))
        );
    }
    Ok(())
}
