//! The geoprocessing services that are offered, and where.

use arcgis_analysis_types::TaskEntry;
use arcgis_analysis_types::meta::ServiceMeta;

/// A geoprocessing service: the tasks of one generated crate under one path.
#[derive(Debug)]
pub(crate) struct GpService {
    /// The service's name in its URL.
    pub(crate) name: &'static str,
    /// What is known about the service.
    pub(crate) meta: &'static ServiceMeta,
    /// Its tasks.
    pub(crate) tasks: &'static [TaskEntry],
}

/// Every service. Another generated crate becomes a service by a row here.
static SERVICES: [GpService; 5] = [
    GpService {
        name: "tasks",
        meta: &arcgis_analysis_spatial::SERVICE,
        tasks: arcgis_analysis_spatial::TASKS,
    },
    GpService {
        name: "RasterAnalysisTools",
        meta: &arcgis_analysis_raster::SERVICE,
        tasks: arcgis_analysis_raster::TASKS,
    },
    GpService {
        name: "GeoAnalyticsTools",
        meta: &arcgis_analysis_geoanalytics::SERVICE,
        tasks: arcgis_analysis_geoanalytics::TASKS,
    },
    GpService {
        name: "NetworkAnalysis",
        meta: &arcgis_analysis_network::SERVICE,
        tasks: arcgis_analysis_network::TASKS,
    },
    GpService {
        name: "ElevationAndHydrology",
        meta: &arcgis_analysis_elevation::SERVICE,
        tasks: arcgis_analysis_elevation::TASKS,
    },
];

/// Every service.
pub(crate) fn services() -> &'static [GpService] {
    &SERVICES
}

/// The service of this name, in any letter case.
pub(crate) fn service(name: &str) -> Option<&'static GpService> {
    SERVICES
        .iter()
        .find(|service| service.name.eq_ignore_ascii_case(name))
}

impl GpService {
    /// The path of the service's root.
    pub(crate) fn path(&self) -> String {
        format!("/arcgis/rest/services/{}/GPServer", self.name)
    }

    /// The task of this name, in any letter case.
    pub(crate) fn task(&self, name: &str) -> Option<&'static TaskEntry> {
        self.tasks
            .iter()
            .find(|entry| entry.meta.name.eq_ignore_ascii_case(name))
    }
}
