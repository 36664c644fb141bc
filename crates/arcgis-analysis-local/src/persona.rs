//! What the portal gives itself out for.

/// What the portal gives itself out for: some of what clients do depends on it.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_local::{LocalService, Persona};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), arcgis_analysis_local::StartError> {
/// // Esri's Python client asks for the cost of an analysis on ArcGIS Online only.
/// let service = LocalService::builder().persona(Persona::Online).start().await?;
/// # service.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Persona {
    /// A portal of an organisation's own, on which nothing costs credits.
    #[default]
    Local,
    /// ArcGIS Online, which tells what analyses would cost. Nothing is charged. Of analyses of rasters it does not know
    /// what they cost; a [`FaultPlan`](crate::FaultPlan) can answer in its place.
    Online,
}
