//! Run ArcGIS analyses from a terminal.

fn main() {}
