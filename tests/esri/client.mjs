// Esri's own JavaScript client (@esri/arcgis-rest-request) against the local service, unmodified.
//
//     node client.mjs PORTAL USERNAME PASSWORD
import assert from "node:assert/strict";
import { ApiKeyManager, ArcGISIdentityManager, Job, request } from "@esri/arcgis-rest-request";

const [portal, username, password] = process.argv.slice(2);
const rest = `${portal}/sharing/rest`;

const authentication = await ArcGISIdentityManager.signIn({ username, password, portal: rest });
assert.equal((await authentication.getUser()).username, username);
await assert.rejects(ArcGISIdentityManager.signIn({ username, password: "wrong", portal: rest }), /Unable to generate token/);
const { token } = await authentication.refreshCredentials();
const withKey = ApiKeyManager.fromKey(token);
const self = await request(`${rest}/portals/self`, { authentication });
const analysis = self.helperServices.analysis.url;
console.log("signed in");

const points = {
  layerDefinition: { geometryType: "esriGeometryPoint", fields: [{ name: "NAME", type: "esriFieldTypeString" }] },
  featureSet: {
    geometryType: "esriGeometryPoint",
    spatialReference: { wkid: 4326 },
    features: ["a", "b"].map((NAME, i) => ({ geometry: { x: 7 + i, y: 47 }, attributes: { NAME } })),
  },
};

const submit = (task, params) => Job.submitJob({ url: `${analysis}/${task}/submitJob`, params, authentication, pollingRate: 200 });

async function buffers(params) {
  const job = await submit("CreateBuffers", { inputLayer: points, distances: [5], units: "Kilometers", ...params });
  return job.getResult("bufferLayer");
}

const travelling = await buffers({});
assert.equal(travelling.value.featureSet.features.length, 2);

const hosted = await buffers({ outputName: { serviceProperties: { name: "js_buffers" } } });
const layer = await request(hosted.value.url, { authentication });
assert.equal(layer.geometryType, "esriGeometryPolygon");
const query = (params) => request(`${hosted.value.url}/query`, { authentication, params });
assert.deepEqual(await query({ where: "1=1", returnCountOnly: true }), { count: 2 });
const features = await query({ where: "NAME = 'b'", outFields: ["NAME"], returnGeometry: false });
assert.deepEqual(features.features, [{ attributes: { NAME: "b" } }]);
const geojson = await request(`${hosted.value.url}/query`, { authentication, params: { where: "1=1", f: "geojson" } });
assert.equal(geojson.features[0].geometry.type, "Polygon");
const item = await request(`${rest}/content/items/${hosted.value.itemId}`, { authentication });
assert.equal(item.type, "Feature Service");

const median = [{ statisticType: "PERCENTILE_CONT", statisticParameters: { value: 0.5 }, onStatisticField: "BUFF_DIST", outStatisticFieldName: "median" }];
const statistics = await query({ where: "1=1", outStatistics: median });
assert.equal(statistics.features[0].attributes.median, 5);

await assert.rejects(buffers({ distances: [-5] }));

// Two degrees of longitude on the equator are 222.638981586547 km on the ellipsoid of WGS 84: 2/360 of 2 pi times 6378.137.
const at = (x, y) => ({ ...points, featureSet: { ...points.featureSet, features: [{ geometry: { x, y }, attributes: { NAME: "c" } }] } });
const nearest = await submit("FindNearest", { analysisLayer: at(179, 0), nearLayer: at(-179, 0), measurementType: "StraightLine" });
const { connectingLinesLayer, nearestLayer } = await nearest.getAllResults();
const [connecting] = connectingLinesLayer.value.featureSet.features;
assert.ok(Math.abs(connecting.attributes.Total_Kilometers - 222.638981586547) < 1e-6, JSON.stringify(connecting));
assert.equal(nearestLayer.value.featureSet.features.length, 1);

// Both points lie in the first of two squares, by its layer's own result.
const ring = (x) => ({ rings: [[[x, 46], [x, 48], [x + 2, 48], [x + 2, 46], [x, 46]]] });
const squares = {
  layerDefinition: { geometryType: "esriGeometryPolygon", fields: [] },
  featureSet: {
    geometryType: "esriGeometryPolygon",
    spatialReference: { wkid: 4326 },
    features: [6.5, 60].map((x) => ({ geometry: ring(x), attributes: {} })),
  },
};
const aggregated = await submit("AggregatePoints", { pointLayer: points, polygonLayer: squares, groupByField: "NAME" });
const { aggregatedLayer, groupSummary } = await aggregated.getAllResults();
assert.deepEqual(aggregatedLayer.value.featureSet.features.map((square) => square.attributes.Point_Count), [2, 0]);
assert.deepEqual(groupSummary.value.featureSet.features.map((row) => [row.attributes.NAME, row.attributes.Point_Count]), [["a", 1], ["b", 1]]);
console.log("ok");
