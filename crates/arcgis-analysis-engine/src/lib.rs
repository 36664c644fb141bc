//! Spatial analyses computed on this machine: typed parameters in, feature collections out.
